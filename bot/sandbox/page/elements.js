// What can be pressed or filled in, in messages and modals alike.
// `place` says where an element stands: place.press(element, block), place.pick(element, block, option),
// and for input blocks place.draft(block) / place.keep(block, value).
import { avatar, el, say } from "./dom.js";
import { dialog } from "./dialog.js";
import { menu } from "./menu.js";
import { fileUrl, sample, sampleNames, upload } from "./net.js";
import { textObject } from "./mrkdwn.js";

const options = (element) => element.option_groups?.flatMap((group) => group.options) ?? element.options ?? [];

export function pressable(element, block, place, disabled = false) {
  const maker = PRESSABLE[element.type];
  return maker ? maker(element, block, place, disabled) : unknown(element);
}

export function input(element, block, place) {
  const maker = INPUTS[element.type];
  return maker ? maker(element, block, place) : unknown(element);
}

const unknown = (element) => el("span", { class: "unknown" }, `(${element.type} is not drawn here)`);

function confirmed(element, action, refused = () => {}) {
  if (!element.confirm) return action();
  const { title, text, confirm, deny, style } = element.confirm;
  const yes = el("button", { type: "button", class: `button ${style === "danger" ? "danger" : "primary"}` }, confirm?.text ?? "Yes");
  const no = el("button", { type: "button", class: "button" }, deny?.text ?? "Cancel");
  const box = dialog({ title: title.text, body: el("div", { class: "dialog-body" }, textObject(text)), buttons: [no, yes], kind: "confirm", focus: () => yes, onclose: refused });
  yes.onclick = () => { box.close(); action(); };
  no.onclick = () => { box.close(); refused(); };
  return undefined;
}

// While the app has not acknowledged, the element is busy; an acknowledgement that never came is marked beside it, as in Slack.
async function waiting(node, act) {
  if (node.getAttribute("aria-busy") === "true") return;
  node.parentElement?.querySelector(":scope > .unacknowledged")?.remove();
  node.setAttribute("aria-busy", "true");
  const answer = await act();
  node.removeAttribute("aria-busy");
  if (answer?.failed) node.after(el("span", { class: "unacknowledged", role: "alert" }, "\u26A0 ", answer.failed));
}

const keyed = (element) => ({ "data-key": `${element.action_id ?? ""} ${element.value ?? ""}` });

const PRESSABLE = {
  button(element, block, place) {
    const node = el("button", { type: "button", class: `button ${element.style ?? ""}`, "aria-label": element.accessibility_label, ...keyed({ action_id: element.action_id }) }, element.text.text);
    node.onclick = () => confirmed(element, () => waiting(node, () => place.press(element, block)));
    return node;
  },
  overflow(element, block, place) {
    const toggle = el("button", { type: "button", class: "button overflow", "aria-label": "More actions", ...keyed({ action_id: element.action_id }) }, "\u22EF");
    const entries = options(element).map((option) => [option.text.text, () => confirmed(element, () => waiting(toggle, () => place.pick(element, block, option.value)))]);
    return menu(toggle, entries);
  },
  static_select(element, block, place) {
    const before = place.chosen?.(element, block)?.selected_option?.value ?? element.initial_option?.value ?? "";
    const node = select(element, before);
    node.setAttribute("aria-label", element.placeholder?.text ?? "Choose an option");
    node.onchange = () => confirmed(element, () => waiting(node, () => place.pick(element, block, node.value)), () => { node.value = before; });
    return node;
  },
  datepicker(element, block, place) {
    const value = place.chosen?.(element, block)?.selected_date ?? element.initial_date ?? "";
    const node = el("input", { type: "date", value, "aria-label": element.placeholder?.text ?? "Date" });
    node.onchange = () => waiting(node, () => place.pick(element, block, node.value));
    return node;
  },
  radio_buttons(element, block, place) {
    const value = place.chosen?.(element, block)?.selected_option?.value ?? element.initial_option?.value;
    return ticks(element, block, "radio", value ? [value] : [], ([one]) => place.pick(element, block, one));
  },
  checkboxes(element, block, place) {
    const chosen = place.chosen?.(element, block)?.selected_options ?? element.initial_options ?? [];
    return ticks(element, block, "checkbox", chosen.map((option) => option.value), (all) => place.pick(element, block, all));
  },
};

function select(element, value) {
  const offered = (list) => list.map((option) => el("option", { value: option.value, selected: option.value === value }, option.text.text));
  const listed = element.option_groups
    ? element.option_groups.map((group) => el("optgroup", { label: group.label.text }, offered(group.options)))
    : offered(options(element));
  const empty = el("option", { value: "", disabled: true, selected: !value, hidden: true }, element.placeholder?.text ?? "Choose an option");
  return el("select", { class: value ? "" : "unset" }, empty, listed);
}

let groups = 0;
function ticks(element, block, type, chosen, changed) {
  groups += 1;
  const boxes = [];
  const told = () => changed(boxes.filter((box) => box.checked).map((box) => box.value));
  const rows = options(element).map((option) => {
    const box = el("input", { type, name: `g${groups}`, value: option.value, checked: chosen.includes(option.value), onchange: told });
    boxes.push(box);
    const hint = option.description ? el("small", {}, textObject(option.description)) : null;
    return el("label", { class: "tick" }, box, el("span", {}, textObject(option.text), hint));
  });
  return el("div", { class: "ticks", role: type === "radio" ? "radiogroup" : "group" }, rows);
}

const INPUTS = {
  plain_text_input(element, block, place) {
    const shared = {
      placeholder: element.placeholder?.text ?? "",
      value: place.draft(block) ?? element.initial_value ?? "",
      maxLength: element.max_length ?? 3000,
      oninput: (event) => { place.keep(block, event.target.value); count(event.target.value.length); },
    };
    const counter = el("span", { class: "counter", "aria-hidden": "true" });
    const count = (length) => {
      const least = element.min_length ?? 0;
      counter.textContent = least && length < least ? `${length} of at least ${least} characters` : "";
    };
    count(shared.value.length);
    shared["data-control"] = "";
    const node = element.multiline ? el("textarea", { rows: 4, ...shared }) : el("input", { type: "text", autocomplete: "off", ...shared });
    return el("div", { class: "text-input" }, node, counter);
  },
  number_input(element, block, place) {
    return el("input", { type: "number", value: place.draft(block) ?? element.initial_value ?? "", oninput: (event) => place.keep(block, event.target.value) });
  },
  static_select(element, block, place) {
    const node = select(element, place.draft(block) ?? element.initial_option?.value);
    node.onchange = () => { node.classList.remove("unset"); place.keep(block, node.value); };
    return node;
  },
  multi_static_select: (element, block, place) => INPUTS.checkboxes(element, block, place),
  radio_buttons(element, block, place) {
    const value = place.draft(block) ?? element.initial_option?.value;
    return ticks(element, block, "radio", value ? [value] : [], ([one]) => place.keep(block, one));
  },
  checkboxes(element, block, place) {
    const chosen = place.draft(block) ?? (element.initial_options ?? []).map((option) => option.value);
    return ticks(element, block, "checkbox", chosen, (all) => place.keep(block, all));
  },
  datepicker(element, block, place) {
    return el("input", { type: "date", value: place.draft(block) ?? element.initial_date ?? "", onchange: (event) => place.keep(block, event.target.value) });
  },
  users_select(element, block, place) {
    const node = el("select", {}, el("option", { value: "" }, element.placeholder?.text ?? "Choose a person"),
      place.people().map((one) => el("option", { value: one.id, selected: one.id === place.draft(block) }, one.name)));
    node.onchange = () => place.keep(block, node.value);
    return node;
  },
  multi_users_select(element, block, place) {
    const most = element.max_selected_items ?? Infinity;
    const chips = el("div", { class: "chips" });
    const list = el("select", { class: "unset", "data-control": "" });
    const chosen = () => place.draft(block) ?? element.initial_users ?? [];
    const change = (ids) => { place.keep(block, ids); draw(); list.focus(); };
    const draw = () => {
      const [kept, people] = [chosen(), place.people()];
      const invitation = kept.length ? "Add another person" : element.placeholder?.text ?? "Choose people";
      chips.replaceChildren(...kept.map((id) => chip(id, people.find((one) => one.id === id)?.name ?? id, () => change(kept.filter((one) => one !== id)))));
      list.replaceChildren(el("option", { value: "" }, invitation),
        ...people.filter((one) => !kept.includes(one.id)).map((one) => el("option", { value: one.id }, [one.name, one.title].filter(Boolean).join(", "))));
      list.hidden = kept.length >= most;
    };
    list.onchange = () => { if (list.value) change([...chosen(), list.value]); };
    draw();
    return el("div", { class: "people-input" }, chips, list);
  },
  file_input(element, block, place) {
    const previews = el("div", { class: "previews" });
    const most = element.max_files ?? 10;
    const accept = (element.filetypes ?? []).map((type) => `.${type}`).join(",");
    const picker = el("input", { type: "file", multiple: most > 1, accept, class: "hidden-file", tabIndex: -1, "aria-hidden": "true" });
    const words = el("span", { id: `drop-${block.block_id}` }, most > 1 ? "Choose files, or drop them here" : "Choose a file, or drop it here");
    const drop = el("button", { type: "button", class: "drop", "data-control": words.id, onclick: () => picker.click() }, words);
    const kept = () => place.draft(block) ?? [];
    const keep = (ids) => { place.keep(block, ids); draw(); };
    const without = (id) => { say(`${place.fileName(id)} removed.`); keep(kept().filter((one) => one !== id)); drop.focus(); };
    const draw = () => {
      previews.replaceChildren(...kept().map((id) => preview(id, place.fileName(id), () => without(id))));
      drop.hidden = samples.hidden = kept().length >= most;
    };
    const take = async (files) => {
      for (const file of [...files].slice(0, most - kept().length)) {
        drop.setAttribute("aria-busy", "true");
        const id = await upload(file);
        drop.removeAttribute("aria-busy");
        if (id) { place.named(id, file.name); keep([...kept(), id]); say(`${file.name} added.`); }
      }
      picker.value = "";
      if (drop.hidden && document.activeElement === document.body) previews.querySelector("button")?.focus();
    };
    const samples = sampleMenu((file) => take([file]));
    const box = el("div", { class: "file-input" }, previews, drop, picker, samples);
    picker.onchange = () => take(picker.files);
    box.ondragover = (event) => { event.preventDefault(); drop.classList.add("over"); };
    box.ondragleave = (event) => { if (!box.contains(event.relatedTarget)) drop.classList.remove("over"); };
    box.ondrop = (event) => { event.preventDefault(); event.stopPropagation(); drop.classList.remove("over"); take(event.dataTransfer.files); };
    draw();
    return box;
  },
};

function chip(id, name, remove) {
  return el("span", { class: "chip" }, avatar(id, name), name,
    el("button", { type: "button", class: "plain", "aria-label": `Remove ${name}`, onclick: remove }, "\u2715"));
}

// A newcomer has no still at hand: the simulation offers its own.
function sampleMenu(take) {
  const list = el("select", { class: "unset samples", "aria-label": "A sample still of the simulation" });
  sampleNames().then((names) => {
    list.append(el("option", { value: "" }, "… or take a sample still of this simulation"), ...names.map((name) => el("option", { value: name }, name)));
    if (!names.length) list.remove();
  });
  list.onchange = async () => {
    const file = list.value && await sample(list.value);
    list.value = "";
    if (file) take(file);
  };
  return list;
}

export function preview(id, name, remove) {
  const picture = el("img", { src: fileUrl(id), alt: `Preview of ${name}` });
  picture.onerror = () => picture.replaceWith(el("span", { class: "file-icon" }, "FILE"));
  return el("figure", { class: "preview" }, picture, el("figcaption", {}, name),
    el("button", { type: "button", class: "plain remove", "aria-label": `Remove ${name}`, onclick: remove }, "\u2715"));
}
