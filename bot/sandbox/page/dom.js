// Small helpers for building the page; text is always set as text, never as markup.
import { findAgain, markOf } from "./focus.js";

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

// Heard, not seen.
export const unseen = (words) => el("span", { class: "unseen" }, words);

// Say something to those who hear the page; the same words twice in a row are two messages.
export function say(words) {
  const line = el("p", {}, words);
  document.getElementById("live").append(line);
  setTimeout(() => line.remove(), 5000);
}

export function toast(text) {
  const node = el("div", { class: "toast error" }, text);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), 9000);
}

// Draw a list anew without taking the keyboard away from whoever stands in it.
export function redraw(container, nodes) {
  const mark = container.contains(document.activeElement) ? markOf(document.activeElement) : null;
  container.replaceChildren(...nodes);
  if (mark) findAgain(mark)?.focus();
}

// Put these children in this order, moving only what has to move: what is moved loses focus and scroll.
export function arrange(container, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...container.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => { if (container.children[index] !== node) container.insertBefore(node, container.children[index] ?? null); });
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

export function lock() {
  const name = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(name, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("role", "img");
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

const DAY_S = 86400;

// The day as people say it: today and yesterday by name, any other by its date.
export function dayOf(ts) {
  const named = (seconds) => new Date(seconds * 1000).toLocaleDateString("en", { weekday: "long", month: "long", day: "numeric", year: "numeric" });
  const day = named(Number(ts));
  const now = Date.now() / 1000;
  return { [named(now)]: "Today", [named(now - DAY_S)]: "Yesterday" }[day] ?? day;
}
