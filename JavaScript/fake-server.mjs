// A server that does what a test tells it: answers to fetch, and the other end of a WebSocket, message by message.
import { createHash } from "node:crypto";
import { createServer } from "node:http";

/**
 * Serves one path after the other.
 * `requests[path](request, response)` answers fetches, `sockets[path](peer, request)` plays the server of a socket.
 */
export class FakeServer {
  requests = {};
  sockets = {};
  connections = new Set();
  /** Handlers' failures, which a test must see. */
  failures = [];

  static async start() {
    const server = new FakeServer();
    server.http = createServer((request, response) => {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", () => {
        request.body = Buffer.concat(parts);
        server.run(() => server.requests[request.url](request, response));
      });
    });
    server.http.on("connection", (socket) => {
      server.connections.add(socket);
      socket.on("close", () => server.connections.delete(socket));
    });
    server.http.on("upgrade", (request, socket) => {
      const play = server.sockets[request.url];
      if (!play) return socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
      server.run(() => play(new Peer(request, socket), request));
    });
    await new Promise((resolve) => server.http.listen(0, "127.0.0.1", resolve));
    server.base = `http://127.0.0.1:${server.http.address().port}`;
    return server;
  }

  async run(work) {
    try {
      await work();
    } catch (error) {
      this.failures.push(error);
    }
  }

  stop() {
    this.http.close();
    for (const socket of this.connections) socket.destroy();
  }
}

/** The server's end of a socket, without fragments and extensions. */
class Peer {
  #rest = Buffer.alloc(0);
  #arrived = [];
  #waiting = [];

  constructor(request, socket) {
    this.socket = socket;
    const accept = createHash("sha1")
      .update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n" +
      `sec-websocket-accept: ${accept}\r\nsec-websocket-protocol: grpc.freshet.v1\r\n\r\n`);
    socket.on("data", (data) => {
      this.#rest = Buffer.concat([this.#rest, data]);
      while (this.#read());
    });
    socket.on("error", () => {});
    socket.on("close", () => this.#put({ lost: true }));
  }

  /** The next message, `{ kind, body }`, or the socket's end, `{ close }` or `{ lost }`. */
  next() {
    return new Promise((resolve) => (this.#arrived.length ? resolve(this.#arrived.shift()) : this.#waiting.push(resolve)));
  }

  get pending() {
    return this.#arrived.length;
  }

  /** Reads the head and the first credit. */
  async head() {
    const { kind, body } = await this.next();
    if (kind !== 1) throw new Error(`kind ${kind} before the head`);
    const lines = Object.fromEntries(body.toString().split("\r\n").filter(Boolean).map((line) => line.split(/: (.*)/s)));
    const credit = await this.next();
    if (credit.kind !== 6) throw new Error(`kind ${credit.kind} and no credit behind the head`);
    return { lines, credit: credit.body.readUInt32BE() };
  }

  send(kind, body = "") {
    this.#frame(2, Buffer.concat([Buffer.from([kind]), Buffer.from(body)]));
  }

  json(value) {
    this.send(2, JSON.stringify(value));
  }

  credit(count) {
    const body = Buffer.alloc(4);
    body.writeUInt32BE(count);
    this.send(6, body);
  }

  /** The end of the call and of the socket. */
  end(lines = "grpc-status: 0\r\n") {
    this.send(5, lines);
    this.close(1000);
  }

  close(code, reason = "") {
    this.#frame(8, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));
  }

  text(text) {
    this.#frame(1, Buffer.from(text));
  }

  drop() {
    this.socket.destroy();
  }

  #frame(opcode, payload) {
    const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65536 ? 4 : 10);
    head[0] = 128 | opcode;
    if (head.length === 2) head[1] = payload.length;
    if (head.length === 4) head[1] = 126, head.writeUInt16BE(payload.length, 2);
    if (head.length === 10) head[1] = 127, head.writeBigUInt64BE(BigInt(payload.length), 2);
    this.socket.write(Buffer.concat([head, payload]));
  }

  #read() {
    const bytes = this.#rest;
    if (bytes.length < 2) return false;
    let length = bytes[1] & 127, at = 2;
    if (length === 126) length = bytes.readUInt16BE(2), at = 4;
    else if (length === 127) length = Number(bytes.readBigUInt64BE(2)), at = 10;
    if (bytes.length < at + 4 + length) return false;
    const mask = bytes.subarray(at, at + 4), payload = Buffer.from(bytes.subarray(at + 4, at + 4 + length));
    payload.forEach((byte, index) => { payload[index] = byte ^ mask[index & 3]; });
    this.#rest = bytes.subarray(at + 4 + length);
    if ((bytes[0] & 15) === 8) {
      this.#put({ close: payload.length ? payload.readUInt16BE() : 1005 });
      this.close(1000); // what was sent before counts
      this.socket.end();
    } else this.#put({ kind: payload[0], body: payload.subarray(1) });
    return true;
  }

  #put(item) {
    if (this.#waiting.length) this.#waiting.shift()(item);
    else this.#arrived.push(item);
  }
}
