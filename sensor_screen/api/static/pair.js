import { forgetCode, post, readCode, show } from "./door.js";

const ASK_EVERY_MS = 1000;
const GIVE_UP_MS = 150000; // A code lives two minutes.

const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const unreachable = document.getElementById("unreachable");
const started = performance.now();

/** Tries until there is an answer that is one; null when it took too long. */
const insist = async (ask) => {
  while (performance.now() - started < GIVE_UP_MS) {
    try {
      const answer = await ask();
      if (answer.status < 500 && answer.status !== 429) {
        unreachable.hidden = true;
        return answer;
      }
    } catch {
      // No network, or the computer is away.
    }
    unreachable.hidden = false;
    await wait(ASK_EVERY_MS);
  }
  unreachable.hidden = true;
  return null;
};

const showDigits = (digits) => {
  const place = document.getElementById("digits");
  place.replaceChildren(
    ...[...digits].map((digit) => {
      const part = document.createElement("span");
      part.textContent = digit;
      return part;
    }),
  );
  show("confirm");
};

const pair = async (code) => {
  show("claiming");
  const claimed = await insist(() => post("/v1/pairings/claim", { code }));
  if (!claimed?.ok) return "ended";
  forgetCode();
  showDigits(claimed.json.digits);
  const { claim } = claimed.json; // A secret: in the body, because addresses stand in logs.
  for (;;) {
    const answer = await insist(() => post("/v1/pairings/collect", { claim }));
    if (!answer?.ok) return "ended";
    if (answer.json.state === "confirmed") return "done";
    if (answer.json.state === "refused") return "refused";
    if (answer.json.state === "expired") return "ended";
    await wait(ASK_EVERY_MS);
  }
};

const code = readCode();
if (code) show(await pair(code));
else show("missing");
