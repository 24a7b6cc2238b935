const box = document.getElementById("letters");
let seen = "";

function el(name, text, className) {
  const e = document.createElement(name);
  e.textContent = text;
  if (className) e.className = className;
  return e;
}

function letter(m) {
  const s = document.createElement("section");
  s.append(el("h2", m.subject || "Text message"), el("small", `${m.channel} to ${m.to}, ${new Date(m.at).toLocaleTimeString()}`));
  const text = el("p", "", "letter");
  const at = m.code ? m.text.indexOf(m.code) : -1;
  if (at < 0) {
    text.append(m.text);
  } else {
    text.append(m.text.slice(0, at), el("strong", m.code), m.text.slice(at + m.code.length));
  }
  s.append(text);
  return s;
}

async function look() {
  const text = await (await fetch("/dev/inbox.json")).text();
  if (text !== seen) {
    seen = text;
    const list = JSON.parse(text);
    box.replaceChildren(...(list.length ? list.map(letter) : [el("p", "Nothing yet.")]));
  }
}

look();
setInterval(look, 2000);
