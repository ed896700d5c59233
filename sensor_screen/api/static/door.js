// What the pages at the door share. Words stand in the page; scripts only show and hide them.

/** The secret behind the # sign, which browsers do not send to servers. */
export const readCode = () => location.hash.slice(1);

/** Takes the used secret out of the address, so that it is in no screenshot or history. */
export const forgetCode = () => history.replaceState(null, "", location.pathname);

/** Shows one part of the page and tells screen readers so. */
export const show = (id) => {
  for (const part of document.querySelectorAll("main > section")) part.hidden = part.id !== id;
  document.querySelector(`#${id} h1`).focus();
};

/** Status and JSON of the answer; throws where there is none. */
export const post = async (path, body) => {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    signal: AbortSignal.timeout(15000),
  });
  const json = await answer.json().catch(() => ({}));
  return { ok: answer.ok, status: answer.status, json };
};
