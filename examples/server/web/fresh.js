// Step-up: changes of factors need a proof that is at most ten minutes old.
import { call } from "./api.js";
import { $, on, say } from "./page.js";

let again = null;

export function start(enter) {
  on("fresh-form", "submit", async () => {
    const answer = await call("POST", "/auth/reauthenticate", { code: $("fresh-code").value });
    $("fresh").hidden = true;
    await enter(answer);
    say("Proven. Going on with what you asked for.", "good");
    await again();
  });
}

// ask opens the panel. What was refused runs again once the proof is given.
export async function ask(then) {
  again = then;
  const { methods } = await call("POST", "/auth/reauthenticate/options", {});
  $("fresh").hidden = false;
  $("fresh-code").value = "";
  $("fresh-code").focus();
  say(`Prove it is you: ${methods.join(" or ")}.`);
  return true;
}
