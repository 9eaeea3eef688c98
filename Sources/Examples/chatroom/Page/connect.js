// A client of the Connect protocol in JSON, by fetch.

/** An error of the server's: `code` is `unauthenticated`, say. */
export class ConnectError extends Error {
  constructor({ code = "unknown", message = "" }) {
    super(message || code);
    this.code = code;
  }
}

/** A unary call. */
export async function call(url, request, { headers = {}, signal } = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", "connect-protocol-version": "1" },
    body: JSON.stringify(request),
    signal,
  });
  const answer = await response.json();
  if (!response.ok) throw new ConnectError(answer);
  return answer;
}

/** A call with a stream of responses, each yielded when it has arrived. */
export async function* stream(url, request, { headers = {}, signal } = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/connect+json", "connect-protocol-version": "1" },
    body: envelope(JSON.stringify(request)),
    signal,
  });
  if (!response.ok) throw new ConnectError(await response.json());
  let rest = new Uint8Array();
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new ConnectError({ code: "unavailable", message: "the stream was cut off" });
      const joined = new Uint8Array(rest.length + value.length);
      joined.set(rest);
      joined.set(value, rest.length);
      rest = joined;
      while (rest.length >= 5) {
        const length = new DataView(rest.buffer, rest.byteOffset).getUint32(1);
        if (rest.length < 5 + length) break;
        const message = JSON.parse(new TextDecoder().decode(rest.subarray(5, 5 + length)));
        const isEnd = rest[0] & 2;
        rest = rest.subarray(5 + length);
        if (!isEnd) {
          yield message;
        } else if (message.error) {
          throw new ConnectError(message.error);
        } else {
          return;
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** A message behind its prefix: a byte of flags, and the length. */
function envelope(text) {
  const bytes = new TextEncoder().encode(text);
  const framed = new Uint8Array(5 + bytes.length);
  new DataView(framed.buffer).setUint32(1, bytes.length);
  framed.set(bytes, 5);
  return framed;
}
