// The page: logs in, shows what is said, and says what is typed.
import { connect } from "./freshet.js"; // a route of the server's, not a file beside this one

const service = "/chatroom.v1.Chatroom/";
const element = (id) => document.getElementById(id);
const show = (text) => { element("status").textContent = text; };
const login = element("login"), post = element("post"), messages = element("messages");
const metadata = {}, room = connect(location.origin, { metadata });
let talk;

login.addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = login.elements.name.value;
  try {
    const { token } = await room.unary(service + "Login", { name });
    metadata.authorization = `Bearer ${token}`;
    enter(name);
  } catch (error) {
    show(error.message);
  }
});

post.addEventListener("submit", async (event) => {
  event.preventDefault();
  const input = post.elements.text;
  try {
    await talk.send({ text: input.value });
    input.value = "";
  } catch (error) {
    show(error.message);
  }
});

/** Shows the room until it closes. */
async function enter(own) {
  messages.replaceChildren();
  messages.dataset.empty = "Nothing has been said yet.";
  swap(login, post);
  post.elements.text.focus();
  show(`You are ${own}`);
  let reason = "The room has closed";
  talk = room.bidi(service + "Talk");
  try {
    for await (const { name, text = "" } of talk) append(name, text, name === own);
  } catch (error) {
    reason = error.message;
  }
  swap(post, login);
  show(reason);
}

function append(name, text, isOwn) {
  const item = document.createElement("li"), author = document.createElement("b");
  author.textContent = name;
  item.append(author, text);
  item.classList.toggle("own", isOwn);
  messages.append(item);
  item.scrollIntoView({ block: "end" });
}

function swap(old, next) {
  old.hidden = true;
  next.hidden = false;
}
