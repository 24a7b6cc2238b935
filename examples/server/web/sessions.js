// Sessions: see where the account is signed in, and end it there.
import { call } from "./api.js";
import { $, button, el, on, say, when } from "./page.js";

export const id = "sessions";
let leave = null;

export function start(then) {
  leave = then;
  on("end-others", "click", async () => {
    await call("DELETE", "/auth/sessions");
    await show();
    say("All other sessions are ended.", "good");
  });
}

export async function show() {
  $("sessions").hidden = false;
  const { sessions } = await call("GET", "/auth/sessions");
  $("session-list").replaceChildren(...sessions.map((s) => el("li", "",
    el("div", s.current ? "This one" : "Another one", el("small", `${s.user_agent ?? ""} from ${s.ip ?? "?"}, since ${when(s.created_at)}`)),
    button("End", async () => {
      await call("DELETE", `/auth/sessions/${encodeURIComponent(s.id)}`);
      s.current ? leave() : await show();
      say("The session is ended.", "good");
    }))));
}
