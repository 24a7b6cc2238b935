// API keys: create, try as a machine would, revoke.
import { call } from "./api.js";
import { $, button, el, on, say, when } from "./page.js";

export const id = "keys";
let made = null;

export function start() {
  on("key-form", "submit", async () => {
    made = await call("POST", "/auth/api-keys", { name: $("key-name").value });
    $("key-name").value = "";
    $("key-code").textContent = made.api_code;
    $("key-secret").textContent = made.api_key;
    $("key-new").hidden = false;
    $("key-answer").hidden = true;
    say("The key is created. Its secret is shown once.", "good");
    await show();
  });

  on("key-try", "click", async () => {
    const machine = await call("POST", "/auth/api-key", { api_code: made.api_code, api_key: made.api_key }, "");
    const who = await call("GET", "/auth/me", null, machine.token);
    $("key-answer").textContent = JSON.stringify(who, null, 2);
    $("key-answer").hidden = false;
    say("A machine signed in: this is what your handlers see.", "good");
  });
}

export async function show() {
  $("keys").hidden = false;
  const { api_keys: list } = await call("GET", "/auth/api-keys");
  $("key-list").replaceChildren(...list.map((k) => el("li", "",
    el("div", k.name, el("small", `${k.prefix}…, created ${when(k.created_at)}`)),
    button("Revoke", async () => {
      await call("DELETE", `/auth/api-keys/${encodeURIComponent(k.id)}`);
      say("The key and every token made with it are dead.", "good");
      await show();
    }))));
}
