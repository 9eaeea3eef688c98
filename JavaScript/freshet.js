// Calls services by fetch (Connect), or by WebSocket if requests are a stream. See README.md.

/** @typedef {{ metadata?: Record<string, string>, timeout?: number, signal?: AbortSignal, ahead?: number,
 *   codec?: { encode(request: any): Uint8Array, decode(response: Uint8Array): any },
 *   onHeaders?(headers: Headers): void, onTrailers?(trailers: Headers): void }} Options */

/** @type {Options} */
const none = {}
const CODES = `OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED
  RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS
  UNAUTHENTICATED`.split(/\s+/)
const CODE_OF_HTTP = { 400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14 }
const HEADERS = 1, MESSAGE = 2, END = 4, TRAILERS = 5, CREDIT = 6

export class RPCError extends Error {
  name = "RPCError"
  metadata = new Headers()
  /** @type {{ type: string, value: Uint8Array, debug?: any }[]} */
  details = []

  constructor(code = "UNKNOWN", message = "", more = {}) {
    super(message || code)
    this.code = code
    this.number = CODES.indexOf(code)
    Object.assign(this, more)
  }
}

const utf8 = (text) => new TextEncoder().encode(text), toText = (bytes) => new TextDecoder().decode(bytes)
const json = { encode: (value) => utf8(JSON.stringify(value)), decode: (bytes) => JSON.parse(toText(bytes)) }
const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
const toUint32 = (n) => [n >>> 24, n >>> 16, n >>> 8, n]
const fromUint32 = (bytes) => new DataView(bytes.buffer).getUint32(1)
const attempt = (work) => { try { return work() } catch {} }

function join(head, body) {
  const bytes = new Uint8Array(head.length + body.length)
  bytes.set(head)
  bytes.set(body, head.length)
  return bytes
}

/** The strings and messages in a protobuf message, by number. */
function fields(bytes) {
  const found = [[], [], [], []]
  for (let at = 0; at < bytes.length;) {
    const varint = () => (bytes[at] & 127) + (bytes[at++] > 127 ? 128 * varint() : 0)
    const tag = varint(), size = varint()
    if (tag % 8 === 2) found[tag >> 3]?.push(bytes.slice(at, at + size)), at += size
  }
  return found
}

/** A call ends once; then `over` is aborted, with the error or null. */
function begin(url, { codec = json, signal, timeout = Infinity, onTrailers, ...options }) {
  const control = new AbortController(), over = control.signal
  const finish = (error, trailers) => {
    if (over.aborted) return
    clearTimeout(timer)
    control.abort(error || null)
    error || onTrailers?.(trailers)
  }
  const cancel = (cause) => finish(new RPCError("CANCELLED", cause?.message, { cause }))
  const late = () => finish(new RPCError("DEADLINE_EXCEEDED"))
  const ms = timeout < 1e8 && Math.ceil(timeout), timer = ms && setTimeout(late, ms)
  timeout > 0 || late()
  signal?.addEventListener("abort", () => cancel(signal.reason), { signal: over })
  if (signal?.aborted) cancel(signal.reason)
  return { ...options, url, codec, kind: codec === json ? "json" : "proto", ms, over, finish, cancel }
}

function iterable(make, call, request = {}, stream) {
  const { over, finish, cancel } = call, responses = make(call, request, stream)
  return {
    cancel,
    async next() {
      if (over.reason?.code === "CANCELLED") throw over.reason // at once
      const step = await responses.next().catch((error) => { finish(error); throw over.reason ?? error })
      if (step.done && over.reason) throw over.reason
      return step
    },
    return: async () => (cancel(), { done: true, value: undefined }),
    [Symbol.asyncIterator]() { return this },
  }
}

async function single(call) {
  const { done, value } = await call.next()
  if (done || !(await call.next()).done) throw call.cancel() ?? new RPCError("UNIMPLEMENTED", "not one response")
  return value
}

function connectError(json, otherwise, metadata) {
  const { code, message, details } = json ?? {}
  const known = CODES.slice(1).find((name) => name.replace("LL", "L").toLowerCase() === code)
  return new RPCError(known ?? otherwise, message, {
    metadata, details: attempt(() => details.map((one) => ({ ...one, value: fromBase64(one.value) }))) ?? [] })
}

async function* fetched(call, request, stream) {
  const { url, codec, ms, over, finish } = call, type = `application/${stream ? "connect+" : ""}${call.kind}`
  const message = codec.encode(request), body = stream ? join([0, ...toUint32(message.length)], message) : message
  const lost = (cause) => { throw over.reason ?? new RPCError("UNAVAILABLE", `${url}: ${cause.message}`, { cause }) }
  const response = await fetch(url, {
    method: "POST", headers: { ...call.metadata, "content-type": type, ...(ms && { "connect-timeout-ms": ms }) }, body,
    signal: over }).catch(lost)
  const { status, headers } = response, got = headers.get("content-type")
  if (status !== 200 || !got?.startsWith(type)) {
    const answer = await response.json().catch(() => ({ message: `HTTP ${status}, ${got}` }))
    throw connectError(answer, CODES[CODE_OF_HTTP[status]], headers)
  }
  call.onHeaders?.(headers)
  if (!stream) {
    const trailers = new Headers()
    headers.forEach((value, name) => name.startsWith("trailer-") && trailers.set(name.slice(8), value))
    yield codec.decode(new Uint8Array(await response.arrayBuffer().catch(lost)))
    return finish(null, trailers)
  }

  const reader = response.body.getReader()
  let chunk = new Uint8Array()
  const take = async (count) => {
    const bytes = new Uint8Array(count)
    for (let at = 0, part; at < count; at += part.length) {
      if (!chunk.length) ({ value: chunk } = await reader.read().catch(lost))
      if (!chunk) throw new RPCError("INTERNAL", "no end")
      part = chunk.subarray(0, count - at)
      bytes.set(part, at)
      chunk = chunk.subarray(part.length)
    }
    return bytes
  }
  for (;;) {
    const head = await take(5), payload = await take(fromUint32(head))
    if (!head[0]) {
      yield codec.decode(payload)
    } else if (head[0] !== 2 || chunk.length || !(await reader.read().catch(lost)).done) {
      throw new RPCError("INTERNAL", `flags ${head[0]}`)
    } else {
      const { error, metadata } = json.decode(payload), trailers = new Headers(metadata)
      return finish(error && connectError(error, "UNKNOWN", trailers), trailers)
    }
  }
}

const toHeaders = (lines) => new Headers(
  /** @type {any} */ ([...toText(lines).matchAll(/(.+?): ?(.*)/g)].map((line) => line.slice(1))))

function statusError(trailers) {
  const code = CODES[trailers.get("grpc-status")], message = trailers.get("grpc-message") ?? ""
  const details = attempt(() => fields(fromBase64(trailers.get("grpc-status-details-bin")))[3].map(fields)) ?? []
  return code !== "OK" && new RPCError(code, attempt(() => decodeURIComponent(message)) ?? message, {
    metadata: trailers, details: details.map(([, [url], [value = new Uint8Array()]]) => (
      { type: toText(url).replace(/.*\//, ""), value })) })
}

function exchange(call, requests) {
  const { url, codec, ms, over, finish } = call, arrived = []
  let line = Promise.resolve(), isEnded = false, sent = 0, credit, socket, changed, resume

  const wake = () => { resume?.(); changed = new Promise((resolve) => { resume = resolve }) }
  const put = (kind, body) => {
    if (isEnded) throw new Error("ended")
    isEnded = kind === END
    line = line.then(async () => {
      while (!over.aborted && (socket.readyState !== 1 || sent >= credit)) await changed
      while (!over.aborted && socket.bufferedAmount > 1 << 18) setTimeout(wake, 5), await changed
      if (over.aborted) throw over.reason ?? new Error("the call has ended")
      sent += 1
      socket.send(join([kind], body))
    })
    line.catch(() => {}) // reported by `next`
    return line
  }
  async function* responses() {
    while (arrived.length || !over.aborted) {
      if (arrived.length) {
        socket.send(join([CREDIT], toUint32(1)))
        yield codec.decode(arrived.shift())
      } else await changed
    }
  }
  const send = (request) => put(MESSAGE, codec.encode(request)), end = () => { isEnded || put(END, []) }
  const face = Object.assign(iterable(responses, call), { send, end })
  if (over.aborted) return face

  wake()
  socket = new WebSocket(`${url.replace("http", "ws")}?content=${call.kind}`, "grpc.freshet.v1")
  socket.binaryType = "arraybuffer"
  socket.onopen = () => {
    const headers = new Headers({ ...call.metadata, ...(ms && { "grpc-timeout": `${ms}m` }) })
    socket.send(join([HEADERS], utf8([...headers].map(([name, value]) => `${name}: ${value}\r\n`).join(""))))
    socket.send(join([CREDIT], toUint32(call.ahead ?? 16)))
    wake()
  }
  socket.onmessage = ({ data }) => {
    const bytes = new Uint8Array(data), [kind] = bytes, body = bytes.subarray(1)
    if (over.aborted) return
    if (kind === MESSAGE) arrived.push(body)
    if (kind === HEADERS) call.onHeaders?.(toHeaders(body))
    if (kind === CREDIT) credit = (credit ?? 0) + fromUint32(bytes)
    if (kind === TRAILERS) finish(statusError(toHeaders(body)), toHeaders(body))
    wake()
  }
  socket.onclose = ({ code, reason }) => finish(new RPCError("UNAVAILABLE", `${url}: ${reason || code}`))
  socket.onerror = () => setTimeout(socket.onclose, 0, { reason: "refused" }) // node
  over.onabort = () => { socket.close(over.reason ? 4001 : 1000); wake() }
  if (requests) (async () => {
    for await (const request of requests) await send(request)
    end()
  })().catch(finish)
  return face
}

/** Options are for all calls. */
export function connect(base = location.origin, defaults = none) {
  const start = (path, options) => begin(base.replace(/\/$/, "") + path, {
    ...defaults, ...options, metadata: { ...defaults.metadata, ...options.metadata } })
  return {
    unary: (path, request, options = none) => single(iterable(fetched, start(path, options), request)),
    serverStream: (path, request, options = none) => iterable(fetched, start(path, options), request, true),
    clientStream: (path, requests, options = none) => single(exchange(start(path, options), requests)),
    bidi: (path, requests, options = none) => exchange(start(path, options), requests),
  }
}
