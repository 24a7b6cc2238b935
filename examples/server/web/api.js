// The token lives in this variable alone: a page that keeps it in local storage hands it to every script. In cookie mode it stays
// empty: the browser keeps the token in a cookie that no script can read, and sends it.
let token = "";

export const current = () => token;
export const keep = (next = "") => { token = next; };

// call asks an endpoint and answers its JSON; a refusal is thrown as the problem document (RFC 9457).
export async function call(method, path, body, as = token) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (as) headers["X-API-Key"] = as;
  const credentials = as === token ? "same-origin" : "omit"; // whoever else is asked for is not this browser's cookie
  const answer = await fetch(path, { method, headers, credentials, body: body && JSON.stringify(body) });
  const text = await answer.text();
  const json = text ? JSON.parse(text) : null;
  if (!answer.ok) throw Object.assign(new Error(json?.detail ?? answer.statusText), json);
  return json;
}
