import { forgetCode, post, readCode, show } from "./door.js";

const form = document.getElementById("form");
const password = document.getElementById("password");
const send = document.getElementById("send");
const busy = document.querySelector("[data-busy]");
const code = readCode();

const tell = (trouble, detail = "") => {
  for (const said of document.querySelectorAll("[data-trouble]")) {
    said.hidden = said.dataset.trouble !== trouble;
  }
  document.getElementById("detail").textContent = detail;
};

const troubleOf = (status) => {
  if ([401, 403, 404, 410].includes(status)) return "expired";
  if (status === 429) return "too_many";
  return status >= 500 ? "unreachable" : "refused";
};

const setUp = async () => {
  const { clinic, login } = Object.fromEntries(new FormData(form));
  const answer = await post("/v1/setup", {
    code,
    login: login.trim(),
    password: password.value,
    clinic: clinic.trim(),
  });
  if (!answer.ok) {
    tell(troubleOf(answer.status), answer.json.detail);
    return;
  }
  forgetCode();
  form.reset();
  document.getElementById("who").textContent = login.trim();
  show("done");
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  tell("");
  send.disabled = true;
  busy.hidden = false;
  try {
    await setUp();
  } catch {
    tell("unreachable");
  } finally {
    send.disabled = false;
    busy.hidden = true;
  }
});

document.getElementById("show-password").addEventListener("change", (event) => {
  password.type = event.target.checked ? "text" : "password";
});

show(code ? "ask" : "missing");
