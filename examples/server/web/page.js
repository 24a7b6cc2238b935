// What every panel needs of the page.
export const $ = (id) => document.getElementById(id);

export function say(text, kind = "") {
  $("status").textContent = text;
  $("status").className = kind;
}

export function el(name, text, ...children) {
  const e = document.createElement(name);
  if (text) e.textContent = text;
  e.append(...children);
  return e;
}

export function button(text, action) {
  const b = el("button", text);
  b.type = "button";
  b.className = "quiet";
  b.addEventListener("click", (e) => attempt(e.currentTarget, action));
  return b;
}

// fallback is asked what to do about a refusal before it is shown.
let fallback = async () => false;
export const onRefusal = (f) => { fallback = f; };

// attempt runs what a button does. A refusal is shown, unless something can be done about it.
export async function attempt(control, action) {
  control.disabled = true;
  try {
    await action();
  } catch (err) {
    if (!(await fallback(err, () => attempt(control, action)))) say(err.message, "bad");
  } finally {
    control.disabled = false;
  }
}

export function on(id, event, action) {
  $(id).addEventListener(event, (e) => {
    e.preventDefault();
    attempt(e.submitter ?? e.currentTarget, action);
  });
}

export const when = (t) => new Date(t).toLocaleString();
