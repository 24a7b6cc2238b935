// The token lives in this variable alone: a page that keeps it in local storage hands it to every script.
let token = "";

export const current = () => token;
export const keep = (next) => { token = next; };

// call asks an endpoint and answers its JSON; a refusal is thrown as the problem document (RFC 9457).
export async function call(method, path, body, as = token) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (as) headers["X-API-Key"] = as;
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  const json = text ? JSON.parse(text) : null;
  if (!answer.ok) throw Object.assign(new Error(json?.detail ?? answer.statusText), json);
  return json;
}
