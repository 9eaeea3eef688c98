// freshet.js against a server that plays every part by hand. `make test` runs it; needs node 20 or later.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { FakeServer } from "./fake-server.mjs";
import { RPCError, connect } from "./freshet.js";

const SIZE = 10_240;
let server, rpc;

before(async () => {
  server = await FakeServer.start();
  rpc = connect(server.base);
});
after(() => server.stop());
afterEach(() => {
  const failures = server.failures.splice(0);
  if (failures.length) throw failures[0];
});

let count = 0;
/** A path that no other test has. */
const newPath = () => `/test.Service/Method${++count}`;

function answers(play) {
  const path = newPath();
  server.requests[path] = play;
  return path;
}

function plays(play, content = "json") {
  const path = newPath();
  server.sockets[`${path}?content=${content}`] = play;
  return path;
}

/** Fails if the call does not fail, and gives the error. */
async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

async function collected(call) {
  const all = [];
  for await (const one of call) all.push(one);
  return all;
}

const frame = (flags, payload) => {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(Buffer.byteLength(payload), 1);
  return Buffer.concat([head, Buffer.from(payload)]);
};

const streams = (...parts) => answers((_, response) => {
  response.writeHead(200, { "content-type": "application/connect+json" });
  for (const part of parts) response.write(part);
  response.end();
});

const text = { encode: (message) => Buffer.from(`<${message}>`), decode: (bytes) => Buffer.from(bytes).toString() };

test(`the module has at most ${SIZE} bytes`, () => {
  assert.ok(statSync(new URL("freshet.js", import.meta.url)).size <= SIZE);
});

// ---- unary

test("a unary call posts JSON and gives the answer's", async () => {
  const path = answers((request, response) => {
    assert.equal(request.method, "POST");
    assert.equal(request.headers["content-type"], "application/json");
    assert.equal(request.headers["connect-timeout-ms"], undefined);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ got: JSON.parse(request.body) }));
  });
  assert.deepEqual(await rpc.unary(path, { name: "ü" }), { got: { name: "ü" } });
  assert.deepEqual(await rpc.unary(path), { got: {} });
});

test("a codec's messages are application/proto", async () => {
  const path = answers((request, response) => {
    assert.equal(request.headers["content-type"], "application/proto");
    response.writeHead(200, { "content-type": "application/proto" });
    response.end(request.body);
  });
  assert.equal(await rpc.unary(path, "a", { codec: text }), "<a>");
  assert.equal(await connect(server.base + "/", { codec: text }).unary(path, ""), "<>");
});

test("metadata of a call are added to those of the client and replace them, and both ways are read", async () => {
  const path = answers((request, response) => {
    const { one, two, three } = request.headers;
    response.writeHead(200, { "content-type": "application/json", early: [one, two, three].join(), "trailer-late": "5" });
    response.end("{}");
  });
  const metadata = { one: "1", two: "2" }, seen = {};
  const signedIn = connect(server.base, { metadata });
  const options = {
    metadata: { two: "b", three: "c" }, onHeaders: (headers) => { seen.early = headers.get("early"); },
    onTrailers: (trailers) => { seen.late = trailers.get("late"); } };
  await signedIn.unary(path, {}, options);
  assert.deepEqual(seen, { early: "1,b,c", late: "5" });
  metadata.one = "later";
  await signedIn.unary(path, {}, options);
  assert.equal(seen.early, "later,b,c");
});

test("an error has the code's name and number, message, metadata and details (W38, W39)", async () => {
  const path = answers((_, response) => {
    response.writeHead(404, { "content-type": "application/json", why: "x" });
    const details = [{ type: "a.B", value: "AAH/", debug: { c: 1 } }, { type: "a.C", value: "AA" }];
    response.end(JSON.stringify({ code: "not_found", message: "none ü", details }));
  });
  const error = await failure(rpc.unary(path));
  assert.ok(error instanceof RPCError && error instanceof Error);
  assert.deepEqual([error.name, error.code, error.number, error.message], ["RPCError", "NOT_FOUND", 5, "none ü"]);
  assert.equal(error.metadata.get("why"), "x");
  assert.deepEqual(error.details, [
    { type: "a.B", value: Uint8Array.of(0, 1, 255), debug: { c: 1 } }, { type: "a.C", value: Uint8Array.of(0) }]);
});

test("every code has its name", async () => {
  const names = ["canceled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists",
    "permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented", "internal",
    "unavailable", "data_loss", "unauthenticated"];
  let code;
  const path = answers((_, response) => {
    response.writeHead(500, { "content-type": "application/json" });
    response.end(JSON.stringify({ code }));
  });
  for (const [index, name] of names.entries()) {
    code = name;
    const error = await failure(rpc.unary(path));
    assert.equal(error.number, index + 1);
    assert.equal(error.code, name === "canceled" ? "CANCELLED" : name.toUpperCase());
    assert.equal(error.message, error.code);
  }
});

test("without a valid code, HTTP's status gives it, and the message is kept (W38, W40)", async () => {
  const cases = [[400, 13], [401, 16], [403, 7], [404, 12], [429, 14], [502, 14], [503, 14], [504, 14], [500, 2], [418, 2]];
  for (const [status, number] of cases) {
    for (const body of ["null", "<html>", '{"code": null}', '{"code": "ok"}', '{"code": "odd"}', '{"code": 7}']) {
      const path = answers((_, response) => response.writeHead(status, { "content-type": "application/json" }).end(body));
      assert.equal((await failure(rpc.unary(path))).number, number, `${status} ${body}`);
    }
  }
  const path = answers((_, response) => response.writeHead(500).end('{"message": "kept", "details": 5}'));
  const error = await failure(rpc.unary(path));
  assert.deepEqual([error.code, error.message, error.details], ["UNKNOWN", "kept", []]);
});

test("another content type than asked for is an error", async () => {
  const path = answers((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"));
  assert.equal((await failure(rpc.unary(path))).code, "UNKNOWN");
  assert.equal((await failure(collected(rpc.serverStream(path)))).code, "UNKNOWN");
});

test("a server that cannot be reached, and one that goes away, are UNAVAILABLE", async () => {
  assert.equal((await failure(connect("http://127.0.0.1:9").unary("/a/B"))).code, "UNAVAILABLE");
  const path = answers((_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": 10 });
    response.write("{");
    setImmediate(() => response.destroy());
  });
  const error = await failure(rpc.unary(path));
  assert.equal(error.code, "UNAVAILABLE");
  assert.ok(error.cause);
});

test("what a codec throws is thrown as it is", async () => {
  const cyclic = {};
  cyclic.self = cyclic;
  assert.equal((await failure(rpc.unary("/a/B", cyclic))).name, "TypeError");
  const path = answers((_, response) => response.writeHead(200, { "content-type": "application/json" }).end("{"));
  assert.equal((await failure(rpc.unary(path))).name, "SyntaxError");
});

// ---- ends of one's own

test("an abort cancels the request, and the error's cause is the signal's reason", async () => {
  const closed = new Promise((resolve) => { server.closed = resolve; }), control = new AbortController();
  const path = answers((request, response) => {
    response.on("close", server.closed);
    control.abort("enough");
  });
  const error = await failure(rpc.unary(path, {}, { signal: control.signal }));
  assert.deepEqual([error.code, error.cause], ["CANCELLED", "enough"]);
  await closed;
});

test("a call is not begun if it was aborted before, or if its deadline has passed", async () => {
  const signal = AbortSignal.abort(), path = "/nobody/Answers";
  const calls = {
    unary: (options) => rpc.unary(path, {}, options),
    serverStream: (options) => collected(rpc.serverStream(path, {}, options)),
    clientStream: (options) => rpc.clientStream(path, [{}], options),
    bidi: (options) => collected(rpc.bidi(path, [{}], options)),
    sending: (options) => rpc.bidi(path, undefined, options).send({}) };
  for (const call of Object.values(calls)) {
    assert.equal((await failure(call({ signal }))).code, "CANCELLED");
    for (const timeout of [0, -5, NaN]) assert.equal((await failure(call({ timeout }))).code, "DEADLINE_EXCEEDED");
  }
});

test("a deadline is told to the server and kept by the client", async () => {
  const path = answers((request) => assert.equal(request.headers["connect-timeout-ms"], "20"));
  const error = await failure(rpc.unary(path, {}, { timeout: 19.5 }));
  assert.deepEqual([error.code, error.number], ["DEADLINE_EXCEEDED", 4]);
  const socket = plays(async (peer) => {
    assert.equal((await peer.head()).lines["grpc-timeout"], "900m");
    assert.deepEqual(await peer.next(), { close: 4001 });
  });
  assert.equal((await failure(rpc.bidi(socket, undefined, { timeout: 900 }).next())).code, "DEADLINE_EXCEEDED");
});

// ---- server streams

test("a stream's messages come in any chunks, and each once it is there", async () => {
  const messages = [{ a: 1 }, "ü", "", null, [], "x".repeat(300)];
  const bytes = Buffer.concat([...messages.map((one) => frame(0, JSON.stringify(one))), frame(2, '{"metadata": {"late": ["1", "2"]}}')]);
  for (const size of [1, 2, 3, 5, 7, 64, bytes.length]) {
    const parts = [];
    for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
    let late;
    const call = rpc.serverStream(streams(...parts), {}, { onTrailers: (trailers) => { late = trailers.get("late"); } });
    assert.deepEqual(await collected(call), messages);
    assert.equal(late?.replace(" ", ""), "1,2");
  }
});

test("messages of 4 MiB come in chunks of any size, in linear time", async () => {
  const big = "x".repeat(4 << 20), bytes = Buffer.concat([frame(0, JSON.stringify(big)), frame(0, '"b"'), frame(2, "{}")]);
  for (const size of [1000, 65_536, 3 << 20]) {
    const parts = [];
    for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
    assert.deepEqual(await collected(rpc.serverStream(streams(...parts))), [big, "b"]);
  }
});

test("a stream's request is one envelope", async () => {
  const path = answers((request, response) => {
    assert.equal(request.headers["content-type"], "application/connect+json");
    assert.deepEqual(request.body, frame(0, '{"a":1}'));
    response.writeHead(200, { "content-type": "application/connect+json" }).end(frame(2, "{}"));
  });
  assert.deepEqual(await collected(rpc.serverStream(path, { a: 1 })), []);
});

test("messages without a byte are messages", async () => {
  const path = answers((request, response) => {
    assert.deepEqual(request.body, frame(0, ""));
    response.writeHead(200, { "content-type": "application/connect+proto" });
    response.end(Buffer.concat([frame(0, ""), frame(0, ""), frame(2, "{}")]));
  });
  const codec = { encode: () => new Uint8Array(), decode: (bytes) => bytes.length };
  assert.deepEqual(await collected(rpc.serverStream(path, {}, { codec })), [0, 0]);
});

test("a stream's end says how the call has gone (W40)", async () => {
  const ends = {
    '{"error": {"code": "aborted", "message": "m", "details": [{"type": "a.B", "value": ""}]}, "metadata": {"k": ["v"]}}': "ABORTED",
    '{"error": {"message": "x"}}': "UNKNOWN", '{"error": {"code": "odd"}}': "UNKNOWN", '{"error": {}}': "UNKNOWN" };
  for (const [end, code] of Object.entries(ends)) {
    const seen = [];
    const error = await failure((async () => {
      for await (const one of rpc.serverStream(streams(frame(0, "1"), frame(2, end)))) seen.push(one);
    })());
    assert.deepEqual(seen, [1]);
    assert.equal(error.code, code);
    if (code === "ABORTED") assert.deepEqual([error.message, error.metadata.get("k"), error.details.length], ["m", "v", 1]);
  }
  assert.deepEqual(await collected(rpc.serverStream(streams(frame(2, '{"error": null}')))), []);
});

test("a stream without an end, with more behind it, or with other flags is INTERNAL (W37, W40)", async () => {
  for (const parts of [[frame(0, "1")], [frame(0, "12").subarray(0, 6)], [], [frame(2, "{}"), frame(0, "1")], [frame(1, "1")], [frame(4, "1")]]) {
    assert.equal((await failure(collected(rpc.serverStream(streams(...parts))))).code, "INTERNAL");
  }
});

test("break cancels a stream, and so does what is thrown in the loop", async () => {
  for (const leave of ["break", "throw"]) {
    let closed;
    const over = new Promise((resolve) => { closed = resolve; });
    const path = answers((_, response) => {
      response.on("close", closed);
      response.writeHead(200, { "content-type": "application/connect+json" }).write(frame(0, "1"));
    });
    const call = rpc.serverStream(path), looping = async () => {
      for await (const one of call) {
        if (leave === "break") break;
        throw new Error(`thrown at ${one}`);
      }
    };
    if (leave === "break") await looping();
    else assert.equal((await failure(looping())).message, "thrown at 1");
    await over;
    assert.equal((await failure(call.next())).code, "CANCELLED");
  }
});

test("two loops share a stream's messages, and both learn of its end", async () => {
  const call = rpc.serverStream(streams(frame(0, "1"), frame(0, "2"), frame(0, "3"), frame(2, '{"error": {"code": "aborted"}}')));
  const seen = [], loop = async () => { for await (const one of call) seen.push(one); };
  const ends = await Promise.allSettled([loop(), loop()]);
  assert.deepEqual(ends.map((end) => end.reason?.code), ["ABORTED", "ABORTED"]);
  assert.deepEqual(seen.sort(), [1, 2, 3]);
});

// ---- sockets

test("a call by socket sends its head, credits, messages and its end", async () => {
  const path = plays(async (peer, request) => {
    assert.equal(request.headers["sec-websocket-protocol"], "grpc.freshet.v1");
    const { lines, credit } = await peer.head();
    assert.deepEqual(lines, { one: "1", two: "b" });
    assert.equal(credit, 3);
    peer.send(1, "early: yes\r\nearly: no\r\n");
    for (const name of ["a", "ü"]) assert.deepEqual(await peer.next(), { kind: 2, body: Buffer.from(JSON.stringify({ name })) });
    peer.json({ total: 2 });
    assert.deepEqual(await peer.next(), { kind: 6, body: Buffer.from([0, 0, 0, 1]) });
    assert.deepEqual(await peer.next(), { kind: 4, body: Buffer.alloc(0) });
    peer.end("grpc-status: 0\r\nlate: 5\r\n");
  });
  const seen = {};
  const call = connect(server.base, { metadata: { one: "1", two: "2" } }).bidi(path, undefined, {
    metadata: { two: "b" }, ahead: 3, onHeaders: (headers) => { seen.early = headers.get("early"); },
    onTrailers: (trailers) => { seen.late = trailers.get("late"); } });
  await call.send({ name: "a" });
  await call.send({ name: "ü" });
  assert.deepEqual(await call.next(), { done: false, value: { total: 2 } });
  call.end();
  call.end();
  assert.deepEqual(await call.next(), { done: true, value: undefined });
  assert.deepEqual(seen, { early: "yes, no", late: "5" });
});

test("sends go in order, awaited or not, and none goes behind the end", async () => {
  const path = plays(async (peer) => {
    await peer.head();
    for (const body of ["1", "2", "3"]) assert.equal((await peer.next()).body.toString(), body);
    assert.equal((await peer.next()).kind, 4);
    peer.end();
  });
  const call = rpc.bidi(path);
  call.send(1);
  call.send(2);
  call.send(3);
  call.end();
  assert.throws(() => call.send(4));
  assert.deepEqual(await collected(call), []);
});

test("sends wait for the server's credits, once there are some", async () => {
  const path = plays(async (peer) => {
    await peer.head();
    assert.equal((await peer.next()).body.toString(), "0");
    peer.credit(2);
    peer.json("granted");
    assert.equal((await peer.next()).kind, 6);
    assert.equal((await peer.next()).body.toString(), "1");
    peer.json("waiting?");
    assert.equal((await peer.next()).kind, 6);
    assert.equal(peer.pending, 0);
    peer.credit(3);
    for (const body of ["2", "3", "4"]) assert.equal((await peer.next()).body.toString(), body);
    peer.end();
  });
  const call = rpc.bidi(path), sent = [];
  await call.send(0);
  await call.next();
  const all = Promise.all([1, 2, 3, 4].map((one) => call.send(one).then(() => sent.push(one))));
  await call.next();
  assert.deepEqual(sent, [1]);
  await all;
  assert.deepEqual(await collected(call), []);
  assert.deepEqual(sent, [1, 2, 3, 4]);
});

test("sends wait while the socket has much to send", async () => {
  let go;
  const going = new Promise((resolve) => { go = resolve; });
  const path = plays(async (peer) => {
    await peer.head();
    peer.socket.pause();
    await going;
    peer.socket.resume();
    for (let number = 0; number < 40; number += 1) assert.equal((await peer.next()).body.length, 1 << 20);
    peer.end();
  }, "proto");
  const codec = { encode: (size) => new Uint8Array(size), decode: (bytes) => bytes };
  const call = rpc.bidi(path, undefined, { codec });
  let sent = 0;
  const all = (async () => { for (; sent < 40; sent += 1) await call.send(1 << 20); })();
  // The kernel takes some megabytes; then none.
  for (let before = -1; before !== sent || sent === 0;) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assert.ok(sent < 40, `${sent} were sent`);
  go();
  await all;
  assert.deepEqual(await collected(call), []);
});

test("one message is permitted for each that the loop takes, so no more are buffered than told", async () => {
  for (const ahead of [1, 4]) {
    let allowed, sent = 0, got = 0;
    const path = plays(async (peer) => {
      allowed = (await peer.head()).credit;
      assert.equal(allowed, ahead);
      while (sent < 20) {
        if (sent === allowed) {
          const { kind, body } = await peer.next();
          assert.equal(kind, 6);
          allowed += body.readUInt32BE();
        } else {
          peer.json(sent++);
        }
        assert.ok(allowed <= got + 1 + ahead);
      }
      peer.end();
    });
    for await (const number of rpc.bidi(path, undefined, { ahead })) {
      assert.equal(number, got++);
      assert.ok(sent <= got + ahead);
    }
    assert.equal(got, 20);
  }
});

test("messages before the trailers are read before the error", async () => {
  const path = plays(async (peer) => {
    await peer.head();
    peer.json(1);
    peer.json(2);
    peer.end("grpc-status: 9\r\ngrpc-message: not%20now%3A %C3%BC\r\nwhy: x\r\n");
  });
  const call = rpc.bidi(path), seen = [];
  const error = await failure((async () => { for await (const one of call) seen.push(one); })());
  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual([error.code, error.number, error.message], ["FAILED_PRECONDITION", 9, "not now: ü"]);
  assert.equal(error.metadata.get("why"), "x");
  assert.equal(await failure(call.next()), error);
  assert.equal(await failure(call.send(1)), error);
});

test("trailers' details are those of google.rpc.Status, and damage leaves the status", async () => {
  const field = (number, body) => Buffer.concat([Buffer.from([number << 3 | 2, body.length]), Buffer.from(body)]);
  const any = (url, value) => Buffer.concat([field(1, url), ...(value ? [field(2, value)] : [])]);
  const long = Buffer.alloc(200, 7), big = Buffer.concat([Buffer.from([18, 200, 1]), long]);
  const status = Buffer.concat([
    Buffer.from([8, 9]), field(2, "not now"), field(3, any("type.googleapis.com/a.B", Buffer.from([0, 255]))),
    field(3, any("a.C")), Buffer.from([26, 208, 1]), field(1, "d"), big, Buffer.from([200, 1, 5])]);
  const unpadded = status.toString("base64").replace(/=+$/, "");
  const cases = [[unpadded, 3], [status.toString("base64"), 3], ["?", 0], [unpadded.slice(0, 31), undefined], ["", 0]];
  for (const [text, count] of cases) {
    const path = plays(async (peer) => {
      await peer.head();
      peer.end(`grpc-status: 9\r\ngrpc-status-details-bin: ${text}\r\ngrpc-message: 5%\r\n`);
    });
    const error = await failure(collected(rpc.bidi(path)));
    assert.deepEqual([error.code, error.message], ["FAILED_PRECONDITION", "5%"]);
    if (count !== undefined) assert.equal(error.details.length, count);
    if (count === 3) {
      assert.deepEqual(error.details.map(({ type, value }) => [type, [...value]]), [
        ["a.B", [0, 255]], ["a.C", []], ["d", [...long]]]);
    }
  }
});

test("trailers without a status, or with an odd one, are UNKNOWN", async () => {
  for (const lines of ["", "grpc-status: 99\r\n", "grpc-status: x\r\n", "a: b\r\n"]) {
    const path = plays(async (peer) => {
      await peer.head();
      peer.end(lines);
    });
    assert.equal((await failure(collected(rpc.bidi(path)))).code, "UNKNOWN");
  }
});

test("a socket lost without trailers, and a refused one, are UNAVAILABLE", async () => {
  const lost = plays(async (peer) => {
    await peer.head();
    peer.json(1);
    setTimeout(() => peer.drop(), 50);
  });
  const call = rpc.bidi(lost);
  assert.deepEqual(await call.next(), { done: false, value: 1 });
  assert.equal((await failure(call.next())).code, "UNAVAILABLE");
  assert.equal((await failure(call.send(1))).code, "UNAVAILABLE");
  const closed = plays(async (peer) => peer.close(1001, "the server stops"));
  const error = await failure(collected(rpc.bidi(closed)));
  assert.match(error.message, /the server stops/);
  assert.equal(error.code, "UNAVAILABLE");
  for (const rpcOf of [rpc, connect("http://127.0.0.1:9")]) {
    const refused = rpcOf.bidi("/no/Such");
    assert.equal((await failure(refused.next())).code, "UNAVAILABLE");
    assert.equal((await failure(rpcOf.clientStream("/no/Such", [1, 2]))).code, "UNAVAILABLE");
  }
});

test("cancel, abort and break close the socket with 4001, and what is queued is not read (W93)", async () => {
  for (const how of ["cancel", "abort", "break", "next pending"]) {
    let seen;
    const done = new Promise((resolve) => { seen = resolve; });
    const path = plays(async (peer) => {
      await peer.head();
      for (let number = 0; number < 3; number += 1) peer.json(number);
      let item;
      do item = await peer.next(); while (!item.close && !item.lost);
      seen(item.close);
    });
    const control = new AbortController(), call = rpc.bidi(path, undefined, { signal: control.signal });
    assert.deepEqual(await call.next(), { done: false, value: 0 });
    if (how === "cancel") call.cancel("why");
    if (how === "abort") control.abort("why");
    if (how === "break") for await (const _ of call) break;
    if (how === "next pending") {
      await call.next();
      await call.next();
      const pending = failure(call.next());
      call.cancel("why");
      assert.equal((await pending).code, "CANCELLED");
    }
    const error = await failure(call.next());
    assert.equal(error.code, "CANCELLED");
    if (how !== "break") assert.equal(error.cause, "why");
    assert.equal(await failure(call.send(1)), error);
    assert.equal(await done, 4001);
  }
});

test("a client stream sends any sequence, and gives the one response", async () => {
  const path = () => plays(async (peer) => {
    await peer.head();
    let sum = 0, item;
    while ((item = await peer.next()).kind === 2) sum += JSON.parse(item.body);
    assert.equal(item.kind, 4);
    peer.json(sum);
    peer.end();
  });
  assert.equal(await rpc.clientStream(path(), [1, 2, 3]), 6);
  assert.equal(await rpc.clientStream(path(), []), 0);
  assert.equal(await rpc.clientStream(path(), new Set([4, 5])), 9);
  assert.equal(await rpc.clientStream(path(), (async function* () { yield 1; yield 2; })()), 3);
  assert.equal(await rpc.clientStream(path(), [Promise.resolve(1), 2]), 3);
});

test("not one response to a client stream is UNIMPLEMENTED", async () => {
  for (const responses of [[], [1, 2]]) {
    const path = plays(async (peer) => {
      await peer.head();
      for (const one of responses) peer.json(one);
      peer.end();
    });
    assert.equal((await failure(rpc.clientStream(path, [1]))).code, "UNIMPLEMENTED");
  }
});

test("an error in the sequence of requests cancels the call and is thrown as it is", async () => {
  for (const kind of ["clientStream", "bidi"]) {
    const path = plays(async (peer) => {
      await peer.head();
      let item;
      do item = await peer.next(); while (item.kind);
      assert.equal(item.close, 4001);
    });
    const mine = new Error("mine"), requests = (async function* () { yield 1; throw mine; })();
    const call = rpc[kind](path, requests);
    assert.equal(await failure(kind === "bidi" ? collected(call) : call), mine);
  }
});

test("a sequence of requests is ended with the call, well or not", async () => {
  for (const status of [0, 5]) {
    const path = plays(async (peer) => {
      await peer.head();
      await peer.next();
      peer.json("enough");
      peer.end(`grpc-status: ${status}\r\n`);
    });
    let returned;
    const over = new Promise((resolve) => { returned = resolve; });
    const requests = (async function* () {
      try {
        for (let number = 0; ; number += 1) {
          yield number;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        returned();
      }
    })();
    const result = await rpc.clientStream(path, requests).catch((error) => error.number);
    assert.equal(result, status || "enough");
    await over;
  }
});

test("a send that waits when the call ends fails with the call's error, or says that it has ended", async () => {
  for (const status of [0, 5]) {
    const path = plays(async (peer) => {
      await peer.head();
      await peer.next();
      peer.credit(1);
      peer.json("granted");
      await peer.next();
      peer.end(`grpc-status: ${status}\r\n`);
    });
    const call = rpc.bidi(path);
    await call.send(1);
    await call.next();
    const error = await failure(call.send(2));
    assert.equal(error.code, status ? "NOT_FOUND" : undefined);
  }
});

test("binary messages are those of the codec", async () => {
  const path = plays(async (peer) => {
    await peer.head();
    const { kind, body } = await peer.next();
    assert.deepEqual([kind, body.toString()], [2, "<a>"]);
    peer.send(2, body);
    peer.send(2);
    peer.send(2, "x".repeat(4 << 20));
    peer.end();
  }, "proto");
  const [first, second, third] = await collected(rpc.bidi(path, ["a"], { codec: text }));
  assert.deepEqual([first, second, third.length], ["<a>", "", 4 << 20]);
});

test("what the server says that the module does not know is passed over", async () => {
  const path = plays(async (peer) => {
    await peer.head();
    peer.send(77, "later");
    peer.text("text");
    peer.json(1);
    peer.end();
  });
  assert.deepEqual(await collected(rpc.bidi(path)), [1]);
});

test("a response that cannot be decoded cancels the call, whenever it is read", async () => {
  for (const isEnded of [false, true]) {
    const path = plays(async (peer) => {
      await peer.head();
      peer.send(2, "{");
      if (isEnded) peer.end();
      let item;
      do item = await peer.next(); while (item.kind);
      if (!isEnded) assert.equal(item.close, 4001);
    });
    assert.equal((await failure(collected(rpc.bidi(path)))).name, "SyntaxError");
  }
});
