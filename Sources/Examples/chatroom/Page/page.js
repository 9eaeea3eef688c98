// The page: logs in, shows what is said, and says what is typed.
import { call, stream } from "./connect.js";

const service = "/chatroom.v1.Chatroom/";
const element = (id) => document.getElementById(id);
const show = (text) => { element("status").textContent = text; };
let headers = {};

element("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const { token } = await call(service + "Login", { name: new FormData(event.target).get("name") });
    headers = { authorization: `Bearer ${token}` };
    element("login").hidden = true;
    element("post").hidden = false;
    element("post").elements.text.focus();
    read();
  } catch (error) {
    show(error.message);
  }
});

element("post").addEventListener("submit", async (event) => {
  event.preventDefault();
  const input = event.target.elements.text;
  try {
    await call(service + "Post", { text: input.value }, { headers });
    input.value = "";
  } catch (error) {
    show(error.message);
  }
});

async function read() {
  try {
    for await (const message of stream(service + "Read", {}, { headers })) {
      const item = document.createElement("li");
      const name = document.createElement("b");
      name.textContent = `${message.name}: `;
      item.append(name, message.text ?? "");
      element("messages").append(item);
      item.scrollIntoView();
    }
    show("The room has closed.");
  } catch (error) {
    show(error.message);
  }
}
