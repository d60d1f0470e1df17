// Dialogs over the conversation: one at a time has the keyboard; closed, it goes back to where it was.
import { el } from "./dom.js";
import { findAgain, focusables, markOf, trap } from "./focus.js";

const stack = [];
let names = 0;
export const closeDialogs = () => { for (const one of [...stack].reverse()) one.close(); };

// What lies below cannot be reached while a dialog covers it.
function cover() {
  document.getElementById("workspace").inert = stack.length > 0;
  stack.forEach((one, index) => { one.veil.inert = index < stack.length - 1; });
}

// `focus` says where the keyboard goes first; `mark` where it returns to, if not to where it is now.
export function dialog({ title, body, buttons = [], kind = "", onclose, focus, mark }) {
  names += 1;
  const heading = `dialog-${names}`;
  const back = mark ?? markOf(document.activeElement ?? document.body);
  const dismissed = () => { self.close(); onclose?.(); };
  const box = el("div", { class: `dialog ${kind}`, role: "dialog", "aria-modal": "true", "aria-labelledby": heading, tabIndex: -1 },
    el("div", { class: "dialog-head" }, el("h2", { id: heading }, title), el("button", { class: "plain close", type: "button", "aria-label": "Close", onclick: dismissed }, "\u2715")),
    body,
    buttons.length ? el("div", { class: "dialog-foot" }, buttons) : null);
  const veil = el("div", { class: "veil" }, box);
  const self = { node: box, veil, mark: back, dismissed, close: (giveBack = true) => close(self, giveBack) };
  trap(box);
  stack.push(self);
  document.getElementById("overlay").append(veil);
  cover();
  (focus?.() ?? focusables(box).find((node) => !node.classList.contains("close")) ?? box).focus({ preventScroll: true });
  return self;
}

function close(self, giveBack) {
  const held = self.node.contains(document.activeElement) || document.activeElement === document.body;
  self.veil.remove();
  if (stack.includes(self)) stack.splice(stack.indexOf(self), 1);
  cover();
  if (!giveBack || !held) return;
  const known = self.mark.element === document.body ? null : findAgain(self.mark);
  (known ?? stack.at(-1)?.node ?? document.getElementById("messages")).focus();
}

export const someDialog = () => stack.length > 0;

document.addEventListener("keydown", (event) => {
  const top = stack.at(-1);
  if (event.key !== "Escape" || event.defaultPrevented || !top) return;
  if (!top.node.contains(document.activeElement) && document.activeElement !== document.body) return;
  event.preventDefault();
  top.dismissed();
});
