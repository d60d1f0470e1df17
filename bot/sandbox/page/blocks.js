// Draws Block Kit blocks.
import { el } from "./dom.js";
import { fileUrl } from "./net.js";
import { input, pressable } from "./elements.js";
import { textObject } from "./mrkdwn.js";
import { viewer } from "./viewer.js";

let ids = 0;
const next = (what) => { ids += 1; return `${what}-${ids}`; };
const NAME_MAX = 120;

export function draw(blocks, place) {
  let above = null;
  return blocks.map((block) => {
    const maker = BLOCKS[block.type];
    const node = maker ? maker(block, place) : el("div", { class: "unknown" }, `(${block.type} is not drawn here)`);
    node.dataset.block = block.block_id ?? "";
    if (block.type === "header" || block.type === "section") above = node;
    // Twenty buttons called "Exclude" are told apart by the words above them.
    if (block.type === "actions" && above && above.textContent.length <= NAME_MAX) {
      above.id ||= next("words");
      node.setAttribute("role", "group");
      node.setAttribute("aria-labelledby", above.id);
    }
    return node;
  });
}

const BLOCKS = {
  header: (block) => el("h3", { class: "b-header" }, textObject(block.text)),
  divider: () => el("hr"),
  section(block, place) {
    const words = el("div", { class: "b-text" },
      block.text ? el("div", {}, textObject(block.text)) : null,
      block.fields ? el("div", { class: "b-fields" }, block.fields.map((field) => el("div", {}, textObject(field)))) : null);
    if (!block.accessory) return el("div", { class: "b-section" }, words);
    const beside = block.accessory.type === "image" ? image(block.accessory, "accessory") : pressable(block.accessory, block, place);
    return el("div", { class: "b-section with-accessory" }, words, el("div", { class: "b-accessory" }, beside));
  },
  context: (block) => el("div", { class: "b-context" }, block.elements.map((one) => (one.type === "image" ? image(one, "tiny") : el("span", {}, textObject(one))))),
  actions: (block, place) => el("div", { class: "b-actions" }, block.elements.map((one) => pressable(one, block, place))),
  image(block) {
    const title = block.title ? el("div", { class: "b-image-title" }, textObject(block.title)) : null;
    return el("div", { class: "b-image" }, title, image(block, "large"));
  },
  input(block, place) {
    const [label, hint, error] = [next("label"), next("hint"), next("error")];
    const field = input(block.element, block, place);
    const single = named(field, label, [error, block.hint ? hint : null].filter(Boolean).join(" "));
    return el("div", { class: "b-input", "data-scope": `field ${block.block_id}` },
      el(single ? "label" : "div", { class: "label", id: label, htmlFor: single?.id }, textObject(block.label), " ", block.optional ? el("span", { class: "optional" }, "(optional)") : null),
      field,
      el("div", { class: "field-error", id: error }),
      block.hint ? el("div", { class: "hint", id: hint }, textObject(block.hint)) : null);
  },
};

// The words above a field are its name, its error and hint what is said of it, also for those who hear the page.
// Returns the control when a label can be tied to it, which a group of ticks and a button cannot.
function named(field, label, about) {
  const control = field.matches("[role], [data-control], input, select, textarea") ? field : field.querySelector("[data-control]") ?? field;
  control.setAttribute("aria-describedby", about);
  if (control.matches("input, select, textarea")) {
    control.id = next("field");
    return control;
  }
  control.setAttribute("aria-labelledby", control.dataset.control ? `${label} ${control.dataset.control}` : label);
  return null;
}

function idOf(source) {
  if (source.id) return source.id;
  return /files-pri\/[^/]*?(F-\d+)/.exec(source.url ?? "")?.[1] ?? "";
}

function image(block, size) {
  if (!block.slack_file) return el("span", { class: "unknown" }, `(picture elsewhere: ${block.alt_text})`);
  return picture(idOf(block.slack_file), block.alt_text, size);
}

export function picture(id, alt, size) {
  const node = el("img", { src: fileUrl(id), alt, class: `picture ${size}`, loading: "lazy", title: alt });
  if (size === "tiny") return node;
  const button = el("button", { type: "button", class: "picture-button", "aria-label": `Enlarge: ${alt}`, "data-key": `picture ${id}`, onclick: () => viewer(fileUrl(id), alt) }, node);
  node.onerror = () => button.replaceWith(el("span", { class: "unknown" }, "(a picture you cannot see)"));
  return button;
}
