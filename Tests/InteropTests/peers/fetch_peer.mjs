// Calls an echo server by fetch, as a page does, in Chromium and in node: no library, so this is what browsers' own streams
// give. Each case is one exchange and returns what it has seen; what that has to be, web_fetch.py says.

const encoder = new TextEncoder(), decoder = new TextDecoder("utf-8", { fatal: true });
const service = "/echo.v1.Echo/";

// ---- bytes

const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));

const varint = (number) => (number < 128 ? [number] : [(number & 127) | 128, ...varint(number >>> 7)]);

function readVarint(bytes, at) {
  let value = 0, shift = 0;
  while (bytes[at] >= 128) value |= (bytes[at++] & 127) << shift, (shift += 7);
  return [value | (bytes[at] << shift), at + 1];
}

const codecs = {
  json: {
    write: (text) => encoder.encode(JSON.stringify({ text })),
    read: (bytes) => JSON.parse(decoder.decode(bytes)).text ?? "",
  },
  // A string is the message's only field.
  proto: {
    write: (text) => { const bytes = encoder.encode(text); return join([10], varint(bytes.length), bytes); },
    read: (bytes) => (bytes.length ? decoder.decode(bytes.subarray(readVarint(bytes, 1)[1])) : ""),
  },
};

const frame = (payload, flags = 0) => {
  const head = new Uint8Array(5);
  head[0] = flags;
  new DataView(head.buffer).setUint32(1, payload.length);
  return join(head, payload);
};

/** [flags, payload] of each frame, as soon as it is there. */
async function* frames(response) {
  let rest = new Uint8Array();
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    rest = join(rest, value);
    while (rest.length >= 5) {
      const length = new DataView(rest.buffer, rest.byteOffset).getUint32(1);
      if (rest.length < 5 + length) break;
      yield [rest[0], rest.slice(5, 5 + length)];
      rest = rest.slice(5 + length);
    }
  }
  if (rest.length) throw new Error(`the body ends inside a frame: ${rest}`);
}

const webTrailers = (bytes) =>
  Object.fromEntries(decoder.decode(bytes).split("\r\n").filter(Boolean).map((line) => line.split(/: ?(.*)/s).slice(0, 2)));

// ---- requests

const isWeb = (protocol) => protocol === "gRPC-Web";

function request({ base, protocol, codec = "proto", method, headers = {}, isStream, body, ...more }) {
  const kind = isWeb(protocol) ? `grpc-web+${codec}` : isStream ? `connect+${codec}` : codec;
  const mine = isWeb(protocol) ? { "x-grpc-web": "1" } : { "connect-protocol-version": "1" };
  return fetch(base + service + method, {
    method: "POST", headers: { "content-type": `application/${kind}`, ...mine, ...headers }, body, ...more });
}

const seen = (response) => ({ status: response.status, headers: Object.fromEntries(response.headers) });

/** Reads a body of frames. `onMessage` runs before the next one is read. */
async function read(response, { protocol, codec = "proto" }, onMessage = async () => {}) {
  const messages = [];
  let end = null;
  for await (const [flags, payload] of frames(response)) {
    if (end) throw new Error("a frame behind the end");
    if (flags === (isWeb(protocol) ? 0x80 : 2)) {
      end = isWeb(protocol) ? webTrailers(payload) : JSON.parse(decoder.decode(payload));
    } else {
      messages.push(codecs[codec].read(payload));
      await onMessage(messages.length);
    }
  }
  return { ...seen(response), messages, end };
}

/** What the server's own routes say of a call. */
async function ask(base, path, method = "GET") {
  const response = await fetch(`${base}/calls/${path}`, { method });
  if (response.status !== 200) throw new Error(`/calls/${path}: ${response.status} ${await response.text()}`);
  return response.text();
}

// ---- cases

const cases = {
  async unary(call) {
    const { protocol, codec = "proto", text } = call;
    const message = codecs[codec].write(text);
    const response = await request({ method: "Get", ...call, body: isWeb(protocol) ? frame(message) : message });
    if (isWeb(protocol)) return read(response, call);
    const body = new Uint8Array(await response.arrayBuffer());
    if (response.status !== 200) return { ...seen(response), error: JSON.parse(decoder.decode(body)) };
    return { ...seen(response), messages: [codecs[codec].read(body)] };
  },

  /** Connect's GET, which asks for no preflight. */
  async get({ base, text, headers }) {
    const message = encodeURIComponent(JSON.stringify({ text }));
    const response = await fetch(`${base}${service}Get?connect=v1&encoding=json&message=${message}`, { headers });
    return { ...seen(response), messages: [(await response.json()).text] };
  },

  /** A server stream; the handler sends a message only after the page says that it has the one before. */
  async serverStream(call) {
    const { base, codec = "proto", text, id } = call;
    const headers = { ...call.headers, ...(id ? { "x-call-id": id, "x-step": "1" } : {}) };
    const response = await request({
      method: "Expand", ...call, headers, isStream: true, body: frame(codecs[codec].write(text)) });
    return read(response, call, (count) => id && ask(base, `${id}/steps/${count}`, "POST"));
  },

  /** A request that is a stream; a message goes out only after the handler has the one before. */
  async clientStream(call) {
    const { base, codec = "proto", texts, id } = call;
    let sent = 0;
    const body = new ReadableStream({
      async pull(controller) {
        if (sent > 0) await ask(base, `${id}/received/${sent}`);
        if (sent === texts.length) return controller.close();
        controller.enqueue(frame(codecs[codec].write(texts[sent++])));
      },
    });
    const headers = { ...call.headers, "x-call-id": id, "x-step": "1" };
    const response = await request({ method: "Collect", ...call, headers, isStream: true, body, duplex: "half" });
    return read(response, call);
  },

  /** Aborts a unary call while its handler is at work, or a stream that never ends after its first message. */
  async abort(call) {
    const { base, protocol, codec = "proto", id, isStream } = call;
    const control = new AbortController();
    const headers = { ...call.headers, "x-call-id": id, [isStream ? "x-endless" : "x-gate"]: "1" };
    const message = codecs[codec].write("a b");
    const response = request({
      method: isStream ? "Expand" : "Get", ...call, headers, isStream, signal: control.signal,
      body: isStream || isWeb(protocol) ? frame(message) : message });
    let messages = 0;
    const outcome = (async () => read(await response, call, async () => {
      if (++messages === 1) control.abort();
    }))().then(() => "it went on", (error) => error.name);
    if (!isStream) {
      await ask(base, `${id}/started`);
      control.abort();
    }
    return { outcome: await outcome, handler: await ask(base, `${id}/cancelled`) };
  },

  /** What a fetch gets that the browser may forbid. */
  async raw({ base, path, ...options }) {
    const response = await fetch(base + path, options);
    return { ...seen(response), text: await response.text() };
  },
};

export async function run(name, argument) {
  try {
    return await cases[name](argument);
  } catch (error) {
    return { thrown: error.name, message: String(error.cause ?? error.message), stack: error.stack };
  }
}
