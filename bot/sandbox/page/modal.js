// The modal on top of a person's stack: drawn again when the bot changes it, what is typed and where one stands kept.
import { dialog } from "./dialog.js";
import { el, say } from "./dom.js";
import { findAgain, focusables, markOf } from "./focus.js";
import { act } from "./net.js";
import { draw } from "./blocks.js";

const TROUBLE = "We had some trouble connecting. Try again?";
const HEARD_MAX = 160;
const FIELDS = "input:not([type=file]), textarea, select, .drop";

function plain(state) {
  if (!state) return undefined;
  if ("value" in state) return state.value ?? undefined;
  if ("selected_date" in state) return state.selected_date ?? undefined;
  if ("selected_option" in state) return state.selected_option?.value;
  if ("selected_options" in state) return state.selected_options.map((option) => option.value);
  if ("selected_users" in state) return state.selected_users;
  if ("selected_user" in state) return state.selected_user ?? undefined;
  if ("files" in state) return state.files.map((file) => file.id);
  return undefined;
}

// The first field, if it is in sight; else the words above it, which the arrow keys then move.
function firstOf(body) {
  const field = body.querySelector(FIELDS);
  const seen = field && !body.querySelector("img") && field.getBoundingClientRect().bottom <= body.getBoundingClientRect().bottom;
  return seen ? field : body.scrollHeight > body.clientHeight || field ? body : null;
}

export class Modal {
  constructor(people) {
    this.people = people;
    this.view = null;
    this.box = null;
    this.drafts = {};
    this.errors = {};
    this.fileNames = {};
  }

  show(view) {
    if (view?.id === this.view?.id && view?.hash === this.view?.hash) return;
    const same = view !== null && view.id === this.view?.id;
    const stands = this.box && same ? this.standing() : null;
    const mark = this.box?.mark;
    const told = stands ? this.told() : null;
    this.box?.close(view === null);
    this.box = null;
    if (!same) [this.drafts, this.errors] = [{}, {}];
    this.view = view;
    if (view === null) return;
    this.remember(view);
    this.open(view, mark, stands);
    // Who hears the page is told what has come into a form that is open.
    const news = told ? [...this.told()].filter(([what]) => !told.has(what)).map(([, words]) => words) : [];
    if (news.length) say(news.join(" ").slice(0, HEARD_MAX));
  }

  // What there is to read and to see, each by what makes it another one.
  told() {
    const all = [...this.box.node.querySelectorAll(".dialog-body > :is(.b-section, .b-context, .b-image)")];
    return new Map(all.map((one) => {
      const picture = one.querySelector("img");
      return [`${one.textContent} ${picture?.src ?? ""}`, picture ? `Picture: ${picture.alt}` : one.textContent];
    }));
  }

  standing() {
    const here = document.activeElement;
    const inside = this.box.node.contains(here);
    const caret = inside && typeof here.selectionStart === "number" ? [here.selectionStart, here.selectionEnd] : null;
    return { inside, mark: markOf(here), caret, scrolled: this.box.node.querySelector(".dialog-body").scrollTop };
  }

  remember(view) {
    for (const block of view.blocks.filter((one) => one.type === "input" && !(one.block_id in this.drafts))) {
      const value = plain(view.state.values[block.block_id]?.[block.element.action_id]);
      if (value !== undefined) this.drafts[block.block_id] = value;
    }
  }

  open(view, mark, stands) {
    const cancel = el("button", { type: "button", class: "button" }, view.close?.text ?? (view.previous_view_id ? "Back" : "Cancel"));
    const submit = view.submit ? el("button", { type: "button", class: "button primary submit" }, view.submit.text) : null;
    const trouble = el("p", { class: "trouble", role: "alert" });
    const body = el("form", { class: "dialog-body blocks", noValidate: true, tabIndex: -1, "data-scope": `view ${view.id}`, onsubmit: (event) => { event.preventDefault(); submit?.click(); } }, draw(view.blocks, this.place()));
    const first = () => firstOf(body) ?? submit ?? cancel;
    this.box = dialog({ title: view.title.text, body, buttons: [trouble, cancel, submit].filter(Boolean), kind: "modal", onclose: () => this.closed(), focus: first, mark });
    cancel.onclick = () => { this.box.close(); this.closed(); };
    if (submit) submit.onclick = () => this.submit(submit, trouble);
    for (const [block, words] of Object.entries(this.errors)) this.mark(block, words);
    if (stands) this.return(stands);
  }

  return({ inside, mark, caret, scrolled }) {
    const here = findAgain(mark);
    if (inside) here?.focus({ preventScroll: true });
    if (inside && caret && here) here.setSelectionRange(...caret);
    if (!inside && mark.element.isConnected) mark.element.focus({ preventScroll: true });
    this.box.node.querySelector(".dialog-body").scrollTop = scrolled;
  }

  place() {
    return {
      press: (element, block) => act("modal/press", { block_id: block.block_id, action_id: element.action_id, value: element.value, values: this.values() }),
      pick: (element, block, option) => act("modal/pick", { block_id: block.block_id, action_id: element.action_id, option, values: this.values() }),
      chosen: (element, block) => this.view.state.values[block.block_id]?.[element.action_id],
      draft: (block) => this.drafts[block.block_id],
      keep: (block, value) => {
        this.drafts[block.block_id] = value;
        this.mark(block.block_id, "");
        if (block.dispatch_action) act("modal/pick", { block_id: block.block_id, action_id: block.element.action_id, option: value, values: this.values() });
      },
      people: () => this.people,
      fileName: (id) => this.fileNames[id] ?? id,
      named: (id, name) => { this.fileNames[id] = name; },
    };
  }

  values() {
    const fields = this.view.blocks.filter((block) => block.type === "input").map((block) => block.block_id);
    return Object.fromEntries(Object.entries(this.drafts).filter(([id]) => fields.includes(id)));
  }

  async submit(button, trouble) {
    if (button.getAttribute("aria-busy") === "true") return;
    const id = this.view.id;
    trouble.textContent = "";
    button.setAttribute("aria-busy", "true");
    const answer = await act("modal/submit", { values: this.values() });
    button.removeAttribute("aria-busy");
    if (answer?.failed && this.view?.id === id) { trouble.textContent = TROUBLE; trouble.title = answer.failed; }
    if (!answer?.errors || this.view?.id !== id) return;
    for (const block of this.view.blocks) this.mark(block.block_id, answer.errors[block.block_id] ?? "");
    this.toFirstError();
  }

  toFirstError() {
    const wrong = [...(this.box?.node.querySelectorAll(".has-error") ?? [])];
    if (!wrong.length) return;
    wrong[0].scrollIntoView({ block: "center" });
    (wrong[0].querySelector(FIELDS) ?? focusables(wrong[0])[0])?.focus({ preventScroll: true });
    say(wrong.length === 1 ? "One field needs your attention." : `${wrong.length} fields need your attention.`);
  }

  mark(blockId, words) {
    if (words) this.errors[blockId] = words;
    else delete this.errors[blockId];
    const field = [...(this.box?.node.querySelectorAll(".b-input") ?? [])].find((node) => node.dataset.block === blockId);
    if (!field) return;
    field.classList.toggle("has-error", Boolean(words));
    field.querySelector(".field-error").textContent = words;
    for (const node of field.querySelectorAll("[aria-describedby]:is(input, textarea, select, [role=radiogroup])")) node.setAttribute("aria-invalid", String(Boolean(words)));
  }

  closed() {
    this.box = null;
    this.view = null;
    act("modal/close", {});
  }
}
