// The channels this person is in, the direct messages, the Home tab; what is unread is bold and counted.
import { el, lock, redraw, unseen } from "./dom.js";

const MOST = 99;

// How many messages are unread; only replies in threads are no number, but a dot.
function badge({ count }) {
  if (!count) return el("span", { class: "dot" }, unseen(", unread"));
  return el("span", { class: "count" }, unseen(", "), count > MOST ? `${MOST}+` : String(count), unseen(" unread"));
}

// `open`: what is shown now; `unread(channel)`: null, or how many messages; `show(id)`.
export function drawSidebar(node, { channels, dm, home }, { open, unread, show }) {
  const drawn = JSON.stringify([open, home, dm.id, unread(dm), channels.map((one) => [one.id, one.name, one.is_private, one.is_ext_shared, unread(one)])]);
  if (node.drawn === drawn) return;
  node.drawn = drawn;
  node.dataset.scope = "sidebar";
  const entry = (id, label, isUnread, sign, more = "") => el("button", { type: "button", class: `channel ${id === open ? "active" : ""} ${isUnread ? "unread" : ""}`, "aria-current": id === open ? "page" : null, "data-key": id, onclick: () => show(id) },
    el("span", { class: "label-text" }, sign ? el("span", { class: "sign" }, sign) : null, label, more ? el("small", {}, more) : null),
    isUnread ? badge(isUnread) : null);
  const listed = (entries) => el("ul", {}, entries.map((one) => el("li", {}, one)));
  redraw(node, [
    el("h2", {}, "Channels"),
    channels.length ? listed(channels.map((one) => entry(one.id, one.name, unread(one), one.is_private ? lock() : "#", one.is_ext_shared ? " shared" : ""))) : el("p", { class: "none" }, "None"),
    el("h2", {}, "Direct messages"),
    listed([entry(dm.id, "FIS Bot", unread(dm))]),
    ...(home ? [el("h2", {}, "Apps"), listed([entry(home, "FIS Bot home", null)])] : [])]);
}
