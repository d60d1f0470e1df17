// Where the keyboard stands: kept when things are drawn anew, held inside a dialog, moved by arrows and F6.

const FOCUSABLE = "button, a[href], input, select, textarea, summary, [tabindex]";
const usable = (node) => !node.disabled && node.tabIndex >= 0 && node.offsetParent !== null && !node.closest("[inert]");
export const focusables = (node) => [...node.querySelectorAll(FOCUSABLE)].filter(usable);

// How to find an element again after its surroundings were drawn anew: what it belongs to, what it does, its place there.
export function markOf(element) {
  const scope = element.closest("[data-scope]");
  const same = (node) => node.tagName === element.tagName && node.dataset.key === element.dataset.key;
  const place = scope ? [...scope.querySelectorAll(FOCUSABLE)].filter(same).indexOf(element) : 0;
  return { element, scope: scope?.dataset.scope, tag: element.tagName, key: element.dataset.key, place };
}

export function findAgain(mark) {
  if (mark.element.isConnected) return mark.element;
  const scope = mark.scope === undefined ? null : document.querySelector(`[data-scope="${CSS.escape(mark.scope)}"]`);
  if (!scope) return null;
  const same = [...scope.querySelectorAll(FOCUSABLE)].filter((node) => node.tagName === mark.tag && node.dataset.key === mark.key);
  return same[mark.place] ?? (scope.hasAttribute("tabindex") ? scope : null);
}

// Tab goes round inside this node.
export function trap(node) {
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    const all = focusables(node);
    const [first, last] = [all[0], all.at(-1)];
    const from = event.shiftKey ? first : last;
    const outside = !all.includes(document.activeElement) && document.activeElement === node;
    if (!all.length) event.preventDefault();
    else if (document.activeElement === from || (outside && event.shiftKey)) { event.preventDefault(); (event.shiftKey ? last : first).focus(); }
  });
}

// One stop for Tab, arrows inside: for a row or column of buttons.
export function roving(container, selector) {
  container.addEventListener("keydown", (event) => {
    const all = [...container.querySelectorAll(selector)];
    const here = all.indexOf(document.activeElement);
    if (here < 0) return;
    const to = { ArrowRight: here + 1, ArrowDown: here + 1, ArrowLeft: here - 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = all[(to + all.length) % all.length];
    for (const one of all) one.tabIndex = one === next ? 0 : -1;
    next.focus();
  });
}

// F6 goes from part to part of the page, as in Slack; also out of a dialog, which covers only the conversation.
export function parts(selectors) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6") return;
    event.preventDefault();
    const shown = selectors.map((one) => document.querySelector(one)).filter((node) => node && focusables(node).length);
    const here = shown.findIndex((node) => node.contains(document.activeElement));
    const step = event.shiftKey ? -1 : 1;
    const next = shown[(here + step + shown.length) % shown.length];
    (next.querySelector("[data-first]") ?? focusables(next)[0]).focus();
  });
}
