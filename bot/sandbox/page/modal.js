// The modal on top of a person's stack: drawn again when the bot changes it, what is typed kept.
import { dialog, el } from "./dom.js";
import { act } from "./net.js";
import { draw } from "./blocks.js";

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

export class Modal {
  constructor(people) {
    this.people = people;
    this.view = null;
    this.box = null;
    this.drafts = {};
    this.fileNames = {};
  }

  show(view) {
    if (view?.id === this.view?.id && view?.hash === this.view?.hash) return;
    const same = view !== null && view.id === this.view?.id;
    const scrolled = same ? this.box.node.querySelector(".dialog-body").scrollTop : 0;
    this.box?.close();
    this.box = null;
    if (!same) this.drafts = {};
    this.view = view;
    if (view === null) return;
    for (const block of view.blocks.filter((one) => one.type === "input")) {
      if (!(block.block_id in this.drafts)) {
        const value = plain(view.state.values[block.block_id]?.[block.element.action_id]);
        if (value !== undefined) this.drafts[block.block_id] = value;
      }
    }
    this.open(view);
    this.box.node.querySelector(".dialog-body").scrollTop = scrolled;
  }

  open(view) {
    const cancel = el("button", { type: "button", class: "button" }, view.close?.text ?? (view.previous_view_id ? "Back" : "Cancel"));
    const submit = view.submit ? el("button", { type: "button", class: "button primary submit" }, view.submit.text) : null;
    const body = el("form", { class: "dialog-body blocks", noValidate: true, onsubmit: (event) => { event.preventDefault(); submit?.click(); } }, draw(view.blocks, this.place()));
    this.box = dialog({ title: view.title.text, body, buttons: [cancel, submit].filter(Boolean), kind: "modal", onclose: () => this.closed() });
    cancel.onclick = () => { this.box.close(); this.closed(); };
    if (submit) submit.onclick = () => this.submit(submit);
    body.querySelector("input:not([type=file]), textarea, select")?.focus({ preventScroll: true });
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

  async submit(button) {
    const id = this.view.id;
    button.disabled = true;
    button.classList.add("busy");
    const answer = await act("modal/submit", { values: this.values() });
    button.disabled = false;
    button.classList.remove("busy");
    if (answer === null || this.view?.id !== id) return;
    for (const block of this.view.blocks) this.mark(block.block_id, answer.errors[block.block_id] ?? "");
    this.box?.node.querySelector(".has-error")?.scrollIntoView({ block: "center", behavior: "smooth" });
  }

  mark(blockId, words) {
    const field = [...(this.box?.node.querySelectorAll(".b-input") ?? [])].find((node) => node.dataset.block === blockId);
    if (!field) return;
    field.classList.toggle("has-error", Boolean(words));
    field.querySelector(".field-error").textContent = words;
  }

  closed() {
    this.box = null;
    this.view = null;
    act("modal/close", {});
  }
}
