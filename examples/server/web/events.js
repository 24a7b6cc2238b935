// A live view of the audit events of this server.
import { $, el } from "./page.js";

let seen = "";

async function look() {
  const answer = await fetch("/dev/events.json").catch(() => null);
  const text = answer?.ok ? await answer.text() : "[]";
  if (text === seen) return;
  seen = text;
  $("events").replaceChildren(...JSON.parse(text).map((e) => {
    const li = el("li", "", el("strong", e.name), ` ${e.outcome}${e.code ? `, ${e.code}` : ""}${e.method ? `, ${e.method}` : ""} `,
      el("small", new Date(e.time).toLocaleTimeString()));
    li.className = e.outcome;
    return li;
  }));
}

look();
setInterval(look, 2000);
