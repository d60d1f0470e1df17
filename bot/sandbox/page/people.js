// The bar of people one can act as.
import { avatar, colour, el, redraw, unseen } from "./dom.js";

// `mine`: who acts now; `news(person)`: whether something waits there; `become(id)`.
export function drawPeople(node, people, { mine, news, become }) {
  colour(people.map((one) => one.id));
  const drawn = JSON.stringify([mine, people.map((one) => [one.id, one.name, one.title, news(one)])]);
  if (node.drawn === drawn) return;
  node.drawn = drawn;
  node.dataset.scope = "people";
  redraw(node, people.map((one) => person(one, one.id === mine, news(one), become)));
}

function person(one, active, hasNews, become) {
  return el("button", { type: "button", class: `actor ${active ? "active" : ""}`, "aria-pressed": String(active), tabIndex: active ? 0 : -1, "data-key": one.id, title: one.title, onclick: () => become(one.id) },
    avatar(one.id, one.name),
    el("span", { class: "who" }, el("strong", {}, one.name), unseen(", "), el("small", {}, one.title)),
    hasNews ? el("span", { class: "dot" }, unseen(", something new")) : null);
}
