// Passkeys for a page: import { register, signIn } from "/auth/webauthn.js". In cookie mode leave the token out: the browser sends it.
const at = new URL(".", import.meta.url);
const PKC = globalThis.PublicKeyCredential;
let waiting;

export const supported = () => !!PKC?.parseCreationOptionsFromJSON;
export const canAutofill = async () => !!(await PKC?.isConditionalMediationAvailable?.());

// A refusal is thrown as an Error with the members of the problem.
async function call(path, token, body, method = "POST") {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = "Bearer " + token;
  const r = await fetch(new URL(path, at), { method, headers, body: body && JSON.stringify(body) });
  const answer = await r.json();
  await signal(answer);
  if (!r.ok) throw Object.assign(new Error(answer.detail), answer);
  return answer;
}

// signal tells the browser which passkeys are good, from any answer.
export async function signal(answer) {
  for (const name in answer) if (/^signal[A-Z]/.test(name)) await PKC?.[name]?.(answer[name]).catch(() => {});
}

// A page has one ceremony at a time.
function begin() {
  waiting?.abort();
  return (waiting = new AbortController());
}

async function assertion(options, mediation, control = begin()) {
  const publicKey = PKC.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({ publicKey, mediation, signal: control.signal })).toJSON();
}

// register makes a passkey for the owner of the token.
export async function register({ token, name } = {}) {
  const publicKey = PKC.parseCreationOptionsFromJSON(await call("webauthn/register/options", token, {}));
  const credential = (await navigator.credentials.create({ publicKey, signal: begin().signal })).toJSON();
  return call("webauthn/register/verify", token, { credential, name });
}

// With autofill, signIn waits in <input autocomplete="username webauthn"> and renews its challenge.
export async function signIn({ application, autofill } = {}) {
  for (;;) {
    const options = await call("webauthn/login/options", "", {});
    const control = begin();
    let late;
    const timer = autofill && setTimeout(() => control.abort((late = true)), 24e4);
    try {
      const credential = await assertion(options, autofill ? "conditional" : "optional", control);
      return await call("webauthn/login/verify", "", { credential, application });
    } catch (e) {
      if (!late) throw e;
    } finally {
      clearTimeout(timer);
    }
  }
}

// secondFactor completes a sign-in; token is the pre_auth token.
export async function secondFactor({ token } = {}) {
  const credential = await assertion(await call("2fa/webauthn/options", token, {}));
  return call("2fa/verify", token, { credential });
}

export const list = ({ token } = {}) => call("webauthn/credentials", token, null, "GET");
export const remove = ({ token, id }) => call("webauthn/credentials/" + id, token, null, "DELETE");
