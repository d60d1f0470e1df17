// A small menu that hangs on a button: arrows, Home, End, Escape.
import { el } from "./dom.js";
import { roving } from "./focus.js";

let ids = 0;
let closeOpen = () => {};
document.addEventListener("click", () => closeOpen());

// On the side and in the direction where there is room.
function place(toggle, list) {
  const room = (toggle.closest(".messages, .dialog-body") ?? document.body).getBoundingClientRect();
  const at = toggle.getBoundingClientRect();
  list.classList.toggle("leftward", at.left + list.offsetWidth > room.right - 8);
  list.classList.toggle("upward", at.bottom + list.offsetHeight + 8 > room.bottom && at.top - list.offsetHeight > room.top);
}

// `entries`: pairs of words and what choosing them does.
export function menu(toggle, entries) {
  ids += 1;
  const list = el("div", { class: "menu", role: "menu", id: `menu-${ids}`, hidden: true });
  const close = () => { list.hidden = true; toggle.setAttribute("aria-expanded", "false"); closeOpen = () => {}; };
  const open = () => {
    closeOpen();
    list.hidden = false;
    place(toggle, list);
    toggle.setAttribute("aria-expanded", "true");
    closeOpen = close;
    list.firstElementChild?.focus();
  };
  const choose = (act) => (event) => { event.stopPropagation(); close(); toggle.focus(); act(); };
  list.append(...entries.map(([words, act], index) => el("button", { type: "button", role: "menuitem", tabIndex: index ? -1 : 0, onclick: choose(act) }, words)));
  toggle.setAttribute("aria-haspopup", "menu");
  toggle.setAttribute("aria-expanded", "false");
  toggle.setAttribute("aria-controls", list.id);
  toggle.onclick = (event) => { event.stopPropagation(); if (list.hidden) open(); else close(); };
  toggle.onkeydown = (event) => { if (event.key === "ArrowDown") { event.preventDefault(); open(); } };
  roving(list, "button");
  list.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.preventDefault(); close(); toggle.focus(); }
    if (event.key === "Tab") close();
  });
  return el("span", { class: "overflow-wrap" }, toggle, list);
}
