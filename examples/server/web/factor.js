// The authenticator app: set up, turn on, turn off.
import { call } from "./api.js";
import { $, el, on, say } from "./page.js";

export const id = "factor";
let enabled = false;

export function start() {
  on("factor-begin", "click", async () => {
    const setup = await call("POST", "/auth/2fa/setup");
    $("qr").src = setup.qr_png.startsWith("data:") ? setup.qr_png : `data:image/png;base64,${setup.qr_png}`;
    $("secret").textContent = setup.secret;
    $("codes").replaceChildren(...setup.backup_codes.map((c) => el("li", "", el("code", c))));
    $("factor-setup").hidden = $("factor-form").hidden = false;
    $("factor-begin").hidden = true;
    $("factor-code").focus();
    say("Scan the code with an authenticator app, keep the recovery codes, then type the app's code.");
  });

  on("factor-form", "submit", async () => {
    await call("POST", enabled ? "/auth/2fa/disable" : "/auth/2fa/enable", { code: $("factor-code").value });
    say(enabled ? "The authenticator app is off." : "From now on every sign-in asks for the app's code.", "good");
    await show();
  });
}

export async function show() {
  const state = await call("GET", "/auth/2fa");
  enabled = state.enabled;
  $("factor").hidden = false;
  $("factor-state").textContent = enabled ? `On. ${state.backup_codes_left} recovery codes are left.` : "Off.";
  $("factor-setup").hidden = true;
  $("factor-form").hidden = !enabled;
  $("factor-begin").hidden = enabled;
  $("factor-submit").textContent = enabled ? "Turn off" : "Turn on";
  $("factor-code").value = "";
}
