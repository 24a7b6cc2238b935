// Passkeys: add, list, remove. The library's own webauthn.js does the browser's part.
import { call, current } from "./api.js";
import { $, button, el, on, say, when } from "./page.js";
import webauthn from "./webauthn.js";

export const id = "passkeys";

export function start() {
  on("passkey-add", "click", async () => {
    await webauthn.register({ token: current(), name: "Passkey of " + new Date().toLocaleDateString() });
    say("The passkey is added. Sign out and use it.", "good");
    await show();
  });
}

export async function show() {
  $("passkeys").hidden = !webauthn.supported();
  if ($("passkeys").hidden) return;
  const { credentials } = await call("GET", "/auth/webauthn/credentials");
  $("passkey-list").replaceChildren(...credentials.map((c) => el("li", "",
    el("div", c.name || "Passkey", el("small", `added ${when(c.created_at)}${c.backed_up ? ", synced" : ""}`)),
    button("Remove", async () => {
      await webauthn.remove({ token: current(), id: c.id });
      say("The passkey is removed.", "good");
      await show();
    }))));
}
