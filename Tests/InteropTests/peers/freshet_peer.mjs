// Calls the echo server by freshet.js, in Chromium and in node. Each case returns what it has seen; what that has to be,
// freshet_js.py says.

const isPage = typeof document !== "undefined";
const { RPCError, connect } = await import(isPage ? "/freshet.js" : new URL("../../../JavaScript/freshet.js", import.meta.url).href);

const encoder = new TextEncoder(), decoder = new TextDecoder();

function varint(number) {
  return number < 128 ? [number] : [(number & 127) | 128, ...varint(number >>> 7)];
}

/** echo.v1.Message by hand: a string is its only field. */
const codec = {
  encode({ text = "" }) {
    const bytes = encoder.encode(text), head = text ? [10, ...varint(bytes.length)] : [];
    const message = new Uint8Array(head.length + bytes.length);
    message.set(head);
    message.set(bytes, head.length);
    return message;
  },
  decode(bytes) {
    if (!bytes.length) return {};
    let at = 1;
    while (bytes[at++] > 127);
    return { text: decoder.decode(bytes.subarray(at)) };
  },
};

const method = (name) => `/echo.v1.Echo/${name}`;
const client = ({ base, isBinary }) => connect(base, isBinary ? { codec } : {});

async function texts(call) {
  const all = [];
  for await (const { text = "" } of call) all.push(text);
  return all;
}

const shown = (error) => {
  if (!(error instanceof RPCError)) throw error;
  const { code, number, message, details } = error;
  return { code, number, message, types: details.map(({ type }) => type), bytes: details.map(({ value }) => value.length) };
};

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return shown(error);
  }
  return "it went on";
}

/** What the server's own routes say of a call. */
const ask = async (base, path, method = "GET") => (await fetch(`${base}/calls/${path}`, { method })).text();

const cases = {
  unary: async (call) => (await client(call).unary(method("Get"), { text: call.text })).text ?? "",

  serverStream: (call) => texts(client(call).serverStream(method("Expand"), { text: call.text })),

  clientStream: async (call) => (await client(call).clientStream(method("Collect"), call.texts.map((text) => ({ text })))).text ?? "",

  /** Each message goes only when the answer to the one before has come. */
  async pingPong(call) {
    const exchange = client(call).bidi(method("Update")), seen = [];
    for (const text of call.texts) {
      await exchange.send({ text });
      seen.push((await exchange.next()).value.text);
    }
    exchange.end();
    return [...seen, (await exchange.next()).done];
  },

  /** More requests than the server's credits, by a generator. */
  async many(call) {
    async function* requests() { for (let number = 0; number < call.count; number += 1) yield { text: `${number}` }; }
    const seen = await texts(client(call).bidi(method("Update"), requests()));
    return seen.every((text, number) => text === `swift says: ${number}`) && seen.length;
  },

  /** Any kind of method may be called by a socket. */
  overSocket: async (call) => ({
    stream: await texts(client(call).bidi(method("Expand"), [{ text: "a b c" }], { ahead: 1 })),
    unary: (await client(call).clientStream(method("Get"), [{ text: "d" }])).text }),

  /** How many messages the handler has sent when the loop has the n-th. */
  async inStep(call) {
    const { base, id } = call, sent = [];
    const metadata = { "x-call-id": id, "x-endless": "1", "x-send-bytes": "20000" };
    for await (const _ of client(call).bidi(method("Expand"), [{ text: "a b" }], { ahead: 1, metadata })) {
      if (sent.push(Number(await ask(base, `${id}/sent`))) === 20) break;
    }
    return { sent, handler: await ask(base, `${id}/cancelled`) };
  },

  async metadata(call) {
    const metadata = { "x-echo-initial": "early", "x-echo-trailing-bin": "AAEC" }, seen = {};
    for (const kind of ["unary", "serverStream", "clientStream", "bidi"]) {
      const heads = seen[kind] = {};
      const options = {
        metadata, onHeaders: (headers) => { heads.early = headers.get("x-echo-initial"); },
        onTrailers: (trailers) => { heads.late = trailers.get("x-echo-trailing-bin"); } };
      const rpc = client(call), a = { text: "a" };
      if (kind === "unary") await rpc.unary(method("Get"), a, options);
      if (kind === "serverStream") await texts(rpc.serverStream(method("Expand"), a, options));
      if (kind === "clientStream") await rpc.clientStream(method("Collect"), [a], options);
      if (kind === "bidi") await texts(rpc.bidi(method("Update"), [a], options));
    }
    return seen;
  },

  async errors(call) {
    const metadata = { "x-fail-code": "5", "x-fail-message": "none ü%", "x-fail-details": "1" }, rpc = client(call), a = { text: "a" };
    metadata["x-fail-message"] = "none %";
    return {
      unary: await failure(rpc.unary(method("Get"), a, { metadata })),
      serverStream: await failure(texts(rpc.serverStream(method("Expand"), a, { metadata }))),
      clientStream: await failure(rpc.clientStream(method("Collect"), [a, a], { metadata })),
      bidi: await failure(texts(rpc.bidi(method("Update"), [a], { metadata }))) };
  },

  async later(call) {
    const metadata = { "x-fail-code": "10", "x-fail-after": "2" }, rpc = client(call), seen = { fetch: [], socket: [] };
    const read = async (responses, into) => { for await (const { text } of responses) into.push(text); };
    const fetched = await failure(read(rpc.serverStream(method("Expand"), { text: "a b c" }, { metadata }), seen.fetch));
    const socket = await failure(read(rpc.bidi(method("Expand"), [{ text: "a b c" }], { metadata }), seen.socket));
    return { ...seen, codes: [fetched.code, socket.code] };
  },

  async abort(call) {
    const { base, id, kind } = call, control = new AbortController();
    const options = { signal: control.signal, metadata: { "x-call-id": id, [kind === "unary" ? "x-gate" : "x-endless"]: "1" } };
    const rpc = client(call), a = { text: "a b" };
    const outcome = {
      unary: () => rpc.unary(method("Get"), a, options),
      serverStream: () => texts(rpc.serverStream(method("Expand"), a, options)),
      bidi: () => texts(rpc.bidi(method("Expand"), [a], options)) }[kind]().then(() => "it went on", shown);
    await ask(base, `${id}/started`);
    control.abort("enough");
    return { code: (await outcome).code, handler: await ask(base, `${id}/cancelled`) };
  },

  async leave(call) {
    const { base, id, kind } = call, metadata = { "x-call-id": id, "x-endless": "1" }, a = { text: "a b" };
    const rpc = client(call), path = method("Expand");
    for await (const _ of kind === "bidi" ? rpc.bidi(path, [a], { metadata }) : rpc.serverStream(path, a, { metadata })) break;
    return ask(base, `${id}/cancelled`);
  },

  async deadline(call) {
    const metadata = { "x-delay-ms": "60000" }, rpc = client(call), a = { text: "a" }, options = { metadata, timeout: 200 };
    return {
      unary: (await failure(rpc.unary(method("Get"), a, options))).code,
      serverStream: (await failure(texts(rpc.serverStream(method("Expand"), a, options)))).code,
      clientStream: (await failure(rpc.clientStream(method("Collect"), [a], options))).code,
      bidi: (await failure(texts(rpc.bidi(method("Update"), [a], options)))).code };
  },

  async refused(call) {
    const rpc = client(call), gone = connect("http://127.0.0.1:9");
    return {
      method: (await failure(rpc.unary("/echo.v1.Echo/None"))).code,
      socket: (await failure(rpc.clientStream("/echo.v1.Echo/None", []))).code,
      server: [(await failure(gone.unary(method("Get")))).code, (await failure(gone.clientStream(method("Get"), []))).code] };
  },

  async large(call) {
    const text = "ü".repeat(1 << 20), rpc = client(call);
    const [only] = await texts(rpc.serverStream(method("Expand"), { text }));
    const { text: collected } = await rpc.clientStream(method("Collect"), [{ text }]);
    return only === text && collected === text && (await rpc.unary(method("Get"), { text })).text === text;
  },
};

export async function run(name, argument) {
  try {
    return { result: await cases[name](argument) };
  } catch (error) {
    return { thrown: error.name, message: error.message, stack: error.stack };
  }
}
