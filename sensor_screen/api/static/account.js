import { forgetCode, post, readCode, show } from "./door.js";

const troubleOf = (status) => {
  if ([401, 403, 404, 410].includes(status)) return "expired";
  if (status === 429) return "too_many";
  return status >= 500 ? "unreachable" : "refused";
};

/**
 * Lets somebody make an account with the code of the page.
 * @param path Where it is asked for.
 * @param more What is sent besides code, login and password, out of what was typed.
 */
export const offerAccount = (path, more = () => ({})) => {
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

  const make = async () => {
    const typed = Object.fromEntries(new FormData(form));
    const login = typed.login.trim();
    const answer = await post(path, { code, login, password: password.value, ...more(typed) });
    if (!answer.ok) {
      tell(troubleOf(answer.status), answer.json.detail);
      return;
    }
    forgetCode();
    form.reset();
    document.getElementById("who").textContent = login;
    show("done");
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    tell("");
    send.disabled = true;
    busy.hidden = false;
    try {
      await make();
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
};
