// Small helpers for building the page; text is always set as text, never as markup.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name in node && name !== "list") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function toast(text, kind = "error") {
  const node = el("div", { class: `toast ${kind}` }, text);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), 7000);
}

const COLOURS = ["#2a6f97", "#9c4a1a", "#4f772d", "#6a4c93", "#a4343a", "#3f4fa3", "#7d5a00", "#1b7f79", "#8d3b72", "#455a64", "#5b3a29", "#c2185b"];
const colours = new Map();

// In turn, so that nobody looks like somebody else before all colours are used.
export function colour(ids) {
  for (const id of ids) if (!colours.has(id)) colours.set(id, COLOURS[colours.size % COLOURS.length]);
}

export function avatar(id, name, bot = false) {
  const words = name.replace(/^(Det|Lt|Sgt|Cmdr|Capt)\.?\s+/, "").split(/\s+/);
  const initials = bot ? "FIS" : words.slice(-2).map((word) => word[0]).join("").toUpperCase();
  const node = el("span", { class: bot ? "avatar bot" : "avatar", "aria-hidden": "true" }, initials);
  if (!bot) node.style.backgroundColor = colours.get(id) ?? COLOURS[0];
  return node;
}

const shown = new Set();
export const closeDialogs = () => { for (const close of [...shown]) close(); };

// A dialog over the page; closes on Escape and on the cross, unless told not to.
export function dialog({ title, body, buttons = [], kind = "", onclose }) {
  const close = () => {
    node.remove();
    shown.delete(close);
    document.removeEventListener("keydown", escape);
  };
  const dismissed = () => { close(); onclose?.(); };
  const escape = (event) => {
    if (event.key === "Escape" && node === document.getElementById("overlay").lastElementChild) dismissed();
  };
  const box = el("div", { class: `dialog ${kind}`, role: "dialog", "aria-modal": "true", "aria-label": title },
    el("header", {}, el("h2", {}, title), el("button", { class: "plain close", type: "button", "aria-label": "Close", onclick: dismissed }, "\u2715")),
    body,
    buttons.length ? el("footer", {}, buttons) : null);
  const node = el("div", { class: "veil" }, box);
  shown.add(close);
  document.getElementById("overlay").append(node);
  document.addEventListener("keydown", escape);
  return { node: box, close };
}

export function lock() {
  const name = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(name, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-label", "private");
  const path = document.createElementNS(name, "path");
  path.setAttribute("d", "M4 7V5a4 4 0 0 1 8 0v2h1v8H3V7zm2 0h4V5a2 2 0 0 0-4 0z");
  path.setAttribute("fill", "currentColor");
  svg.append(path);
  return svg;
}

export function timeOf(ts) {
  return new Date(Number(ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
