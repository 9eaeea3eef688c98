// Does what the page does, without a browser: node page-check.mjs BASE-URL
import { call, stream } from "./Page/connect.js";

const base = process.argv[2] + "/chatroom.v1.Chatroom/";
const page = await fetch(process.argv[2] + "/");
if (!(await page.text()).includes("page.js") || !page.headers.get("etag")) throw new Error("no page");
const refused = await call(base + "Post", { text: "x" }).catch((error) => error.code);
if (refused !== "unauthenticated") throw new Error(`posting without a token: ${refused}`);
const { token } = await call(base + "Login", { name: "page" });
const headers = { authorization: `Bearer ${token}` };
const messages = stream(base + "Read", { count: 0 }, { headers });
await call(base + "Post", { text: "hello from fetch" }, { headers });
for await (const { name, text } of messages) {
  console.log(`${name}: ${text}`);
  if (name === "page") break;
}
