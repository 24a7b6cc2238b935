// The token lives in this variable alone: a page that keeps it in local storage hands it to every script.
let token = "";
let asked = null;

const $ = (id) => document.getElementById(id);

function say(text, kind = "") {
  $("status").textContent = text;
  $("status").className = kind;
}

// call asks an endpoint and answers its JSON; a refusal is thrown as the problem document (RFC 9457).
async function call(method, path, body) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers["X-API-Key"] = token;
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  const json = text ? JSON.parse(text) : null;
  if (!answer.ok) throw Object.assign(new Error(json?.detail ?? answer.statusText), json);
  return json;
}

// guard runs what a button does, and says what went wrong.
function on(id, event, action) {
  $(id).addEventListener(event, async (e) => {
    e.preventDefault();
    const button = e.submitter ?? e.currentTarget;
    button.disabled = true;
    try {
      await action(e);
    } catch (err) {
      say(err.message, "bad");
      if (err.code === "invalid_token") show("");
    } finally {
      button.disabled = false;
    }
  });
}

on("ask", "submit", async () => {
  const target = $("target").value.trim();
  const mail = target.includes("@");
  const answer = await call("POST", mail ? "/auth/login/email" : "/auth/login/sms", mail ? { email: target } : { phone: target });
  asked = { target, challenge: answer.challenge };
  $("ask").hidden = true;
  $("prove").hidden = false;
  $("code").value = "";
  $("code").focus();
  say("A code is on its way. Without a mail provider it is under Messages.");
});

on("prove", "submit", async () => {
  const answer = await call("POST", "/auth/login/verify", { ...asked, code: $("code").value });
  show(answer.token);
  say("Signed in.", "good");
});

on("restart", "click", async () => show(""));

on("refresh", "click", async () => {
  const answer = await call("POST", "/auth/refresh");
  show(answer.token);
  say("A new token replaces the old one, which dies in ten seconds.", "good");
});

on("logout", "click", async () => {
  await call("POST", "/auth/logout");
  show("");
  say("Signed out. The token is dead everywhere.", "good");
});

on("end-others", "click", async () => {
  await call("DELETE", "/auth/sessions");
  await sessions();
  say("All other sessions are ended.", "good");
});

function decode(part) {
  const bytes = Uint8Array.from(atob(part.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  return JSON.stringify(JSON.parse(new TextDecoder().decode(bytes)), null, 2);
}

async function show(next) {
  token = next;
  $("sign-in").hidden = !!token;
  $("signed-in").hidden = $("sessions-panel").hidden = !token;
  $("ask").hidden = false;
  $("prove").hidden = true;
  if (!token) return $("target").focus();
  $("token").textContent = token.split(".").slice(0, 2).map(decode).join("\n");
  const who = await call("GET", "/me");
  fill($("who"), [["User", who.user_id], ["Proven by", who.methods.join(", ")], ["Token ends", when(who.expires_at)]]);
  await sessions();
}

function fill(list, rows) {
  list.replaceChildren(...rows.flatMap(([name, value]) => [el("dt", name), el("dd", value)]));
}

function el(name, text, ...children) {
  const e = document.createElement(name);
  if (text) e.textContent = text;
  e.append(...children);
  return e;
}

const when = (t) => new Date(t).toLocaleString();

async function sessions() {
  const { sessions: list } = await call("GET", "/auth/sessions");
  $("sessions").replaceChildren(...list.map((s) => {
    const text = el("div", s.current ? "This one" : "Another one", el("small", `${s.user_agent ?? ""} from ${s.ip ?? "?"}, since ${when(s.created_at)}`));
    const end = el("button", "End");
    end.className = "quiet";
    end.addEventListener("click", async () => {
      try {
        await call("DELETE", `/auth/sessions/${encodeURIComponent(s.id)}`);
        s.current ? show("") : await sessions();
        say("The session is ended.", "good");
      } catch (err) {
        say(err.message, "bad");
      }
    });
    return el("li", "", text, end);
  }));
}
