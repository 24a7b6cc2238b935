// Sign in: by a code, a passkey, or a provider. The second step follows where one is owed.
import { call } from "./api.js";
import { $, button, on, say } from "./page.js";
import webauthn from "./webauthn.js";

let asked = null;
let owed = null;
let enter = null;

export function start(then) {
  enter = then;

  on("ask", "submit", async () => {
    const target = $("target").value.trim();
    const mail = target.includes("@");
    const answer = await call("POST", mail ? "/auth/login/email" : "/auth/login/sms", mail ? { email: target } : { phone: target }, "");
    asked = { target, challenge: answer.challenge };
    $("ask").hidden = true;
    $("prove").hidden = false;
    $("code").value = "";
    $("code").focus();
    say("A code is on its way. Without a mail provider it is under Messages.");
  });

  on("prove", "submit", async () => {
    await enter(await call("POST", "/auth/login/verify", { ...asked, code: $("code").value }, ""));
    say("Signed in.", "good");
  });

  on("restart", "click", async () => show());

  on("use-passkey", "click", async () => {
    await enter(await webauthn.signIn());
    say("Signed in with a passkey.", "good");
  });

  on("second-form", "submit", async () => {
    await enter(await call("POST", "/auth/2fa/verify", { code: $("second-code").value }, owed.token));
    say("Signed in with two factors.", "good");
  });

  on("second-passkey", "click", async () => {
    await enter(await webauthn.secondFactor({ token: owed.token }));
    say("Signed in with two factors.", "good");
  });

  $("use-passkey").hidden = !webauthn.supported();
  providers();
  arrive();
}

// providers offers those that the server knows. The way back carries a one-time code, never a token.
async function providers() {
  const { providers: list } = await call("GET", "/auth/oauth2/providers").catch(() => ({ providers: [] }));
  for (const p of list) {
    $("other-ways").append(button(`Sign in with ${p.name}`, async () => {
      location.href = `/auth/oauth2/${p.name}/authorize?return_to=${encodeURIComponent("/")}&handoff_challenge=${await challenge()}`;
    }));
  }
}

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// challenge keeps a verifier in this tab and answers its hash, so that the code which comes back is good here alone.
async function challenge() {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  sessionStorage.setItem("handoff", verifier);
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

// arrive takes up what the page comes with: the code that a provider's way back has brought, or the session of a cookie.
async function arrive() {
  const code = new URLSearchParams(location.search).get("code");
  const verifier = sessionStorage.getItem("handoff");
  try {
    if (code) {
      history.replaceState(null, "", "/");
      sessionStorage.removeItem("handoff");
      if (!verifier) return say("This sign-in was not begun here.", "bad"); // somebody planted the code
      await enter(await call("POST", "/auth/oauth2/handoff", { code, handoff_verifier: verifier }, ""));
      return say("Signed in through a provider.", "good");
    }
    const { user } = await call("GET", "/page");
    if (user) await enter({});
  } catch (err) {
    say(err.message, "bad");
  }
}

export function owe(answer) {
  owed = answer;
  $("sign-in").hidden = true;
  $("second").hidden = false;
  $("second-passkey").hidden = !answer.second_factors.includes("webauthn");
  $("second-code").value = "";
  $("second-code").focus();
  say("The first factor is proven; a second one is owed.");
}

export function show() {
  $("sign-in").hidden = false;
  $("second").hidden = $("prove").hidden = true;
  $("ask").hidden = false;
  $("target").value = "";
  autofill();
}

export function hide() {
  $("sign-in").hidden = $("second").hidden = true;
}

// autofill waits in the address field until a passkey is chosen there.
async function autofill() {
  if (!(await webauthn.canAutofill())) return;
  try {
    await enter(await webauthn.signIn({ autofill: true }));
    say("Signed in with a passkey.", "good");
  } catch (err) {
    if (typeof err.code === "string") say(err.message, "bad"); // a DOMException has a number: another ceremony took over
  }
}
