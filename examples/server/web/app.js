import { call, keep } from "./api.js";
import { $, el, on, onRefusal, say, when } from "./page.js";
import * as signIn from "./signin.js";
import * as factor from "./factor.js";
import * as fresh from "./fresh.js";
import * as keys from "./keys.js";
import * as links from "./links.js";
import * as passkeys from "./passkeys.js";
import * as sessions from "./sessions.js";
import "./events.js";

const panels = [factor, passkeys, links, keys, sessions];

// enter takes the answer to any sign-in.
async function enter(answer) {
  if (answer.requires_2fa && answer.second_factors.length) return signIn.owe(answer);
  keep(answer.token);
  signIn.hide();
  $("signed-in").hidden = false;
  const who = await call("GET", "/me");
  $("token").textContent = answer.token ? answer.token.split(".").slice(0, 2).map(decode).join("\n") : JSON.stringify(who, null, 2);
  const rows = [["User", who.user_id], ["Proven by", who.methods.join(", ")], ["Token ends", when(who.expires_at)]];
  $("who").replaceChildren(...rows.flatMap(([name, value]) => [el("dt", name), el("dd", value)]));
  for (const p of panels) await p.show();
}

function leave() {
  keep("");
  for (const id of ["signed-in", "fresh", ...panels.map((p) => p.id)]) $(id).hidden = true;
  signIn.show();
}

function decode(part) {
  const bytes = Uint8Array.from(atob(part.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  return JSON.stringify(JSON.parse(new TextDecoder().decode(bytes)), null, 2);
}

onRefusal(async (err, again) => {
  if (err.code === "reauthentication_required") return fresh.ask(again);
  if (err.code === "invalid_token" && !$("signed-in").hidden) leave();
  return false;
});

signIn.start(enter);
fresh.start((answer) => enter(answer));
sessions.start(leave);
for (const p of [factor, passkeys, links, keys]) p.start();

on("refresh", "click", async () => {
  await enter(await call("POST", "/auth/refresh"));
  say("A new token replaces the old one, which dies in ten seconds.", "good");
});

on("logout", "click", async () => {
  await call("POST", "/auth/logout");
  leave();
  say("Signed out. The token is dead everywhere.", "good");
});

leave();
