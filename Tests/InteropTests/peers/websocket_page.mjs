// What a page does with WebSockets; each case gives what it has seen, as JSON.

const bytes = (length, value) => new Uint8Array(length).fill(value);

function opened(url, protocols = []) {
  const socket = new WebSocket(url, protocols);
  socket.binaryType = "arraybuffer";
  const waiting = [], arrived = [];
  const put = (event) => (waiting.length ? waiting.shift()(event) : arrived.push(event));
  socket.onmessage = (event) => put({ data: event.data });
  socket.onclose = (event) => put({ close: { code: event.code, reason: event.reason, clean: event.wasClean } });
  const next = () => new Promise((resolve) => (arrived.length ? resolve(arrived.shift()) : waiting.push(resolve)));
  return new Promise((resolve) => {
    socket.onopen = () => resolve({ socket, next });
    socket.onerror = () => resolve({ failed: true });
  });
}

function same(a, b) {
  if (typeof a === "string") return a === b;
  a = new Uint8Array(a), b = new Uint8Array(b);
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

async function echo(base, path, messages) {
  const { socket, next } = await opened(base + path);
  for (const message of messages) {
    socket.send(message);
    const { data } = await next();
    if (data === undefined || !same(message, data)) return { wrong: String(data).slice(0, 100) };
  }
  const extensions = socket.extensions;
  socket.close(1000);
  return { extensions, ...(await next()) };
}

const cases = {
  text: ({ base }) => echo(base, "/", ["hello ü", "", "x".repeat(1 << 20), "\u{10ffff}".repeat(1000)]),
  binary: ({ base }) => echo(base, "/", [bytes(2, 255), bytes(0, 0), bytes(1 << 20, 7)]),
  deflate: ({ base }) => echo(base, "/deflate", ["hello".repeat(10000), "", bytes(1 << 20, 7), "hello".repeat(10000)]),

  async connection({ base, page }) {
    const { next } = await opened(base + "/connection");
    const socket = await next();
    const fetched = await (await fetch(page + "/connection", { cache: "no-store" })).text();
    return { same: socket.data === fetched, ...(await next()) };
  },

  async subprotocol({ base }) {
    const { socket, next } = await opened(base + "/", ["other", "echo"]);
    socket.close();
    return { protocol: socket.protocol, ...(await next()) };
  },

  async ourClose({ base, code }) {
    const { next } = await opened(`${base}/close/${code}`);
    return next();
  },

  async itsClose({ base, page, id, code, reason }) {
    const { socket, next } = await opened(`${base}/report/${id}`);
    if (code) socket.close(code, reason);
    else socket.close();
    const close = await next();
    return { seen: await (await fetch(`${page}/closes/${id}`)).text(), ...close };
  },

  async throws({ base }) {
    const { next } = await opened(base + "/throw");
    return next();
  },

  async many({ base }) {
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, index) => echo(base, "/", [`socket ${index}`, bytes(10_000, index)])));
    return { clean: all.filter(({ close }) => close?.clean).length };
  },

  refused: async ({ url }) => ({ failed: (await opened(url)).failed === true }),

  // Writes until a write waits, while the handler reads nothing; then lets it read, and waits for its count.
  async streamWrites({ base, page, id }) {
    const stream = new WebSocketStream(`${base}/pause/${id}`);
    const { readable, writable } = await stream.opened;
    const writer = writable.getWriter(), reader = readable.getReader();
    let written = 0, waited = false, last;  // a write that takes so long can only be one that waits
    while (!waited && written < 256) {
      last = writer.write(bytes(1 << 20, 1));
      written += 1;
      waited = await Promise.race([last.then(() => false), new Promise((resolve) => setTimeout(resolve, 1500, true))]);
    }
    await fetch(`${page}/go/${id}`, { method: "POST" });
    await last;
    await writer.write("end");
    const { value } = await reader.read();
    return { waited, agree: value === String(written) };
  },

  // Reads nothing of a feed until no more is sent; then reads all.
  async streamReads({ base, page, id }) {
    const stream = new WebSocketStream(`${base}/feed/${id}`);
    const { readable } = await stream.opened;
    const reader = readable.getReader();
    const ask = async () => Number(await (await fetch(`${page}/sent/${id}`, { cache: "no-store" })).text());
    let sent = 0;
    for (let now; (now = await ask()) !== sent || now === 0; ) {
      sent = now;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    let count = 0;
    for (let part; !(part = await reader.read()).done; count += 1) {
      if (part.value.byteLength !== 1 << 20) return { wrong: part.value.byteLength };
    }
    return { waited: sent < 100, count };
  },
};

export const run = (name, argument) => cases[name](argument);
