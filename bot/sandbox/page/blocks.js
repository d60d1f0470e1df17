// Draws Block Kit blocks.
import { dialog, el } from "./dom.js";
import { fileUrl } from "./net.js";
import { input, pressable } from "./elements.js";
import { textObject } from "./mrkdwn.js";

export function draw(blocks, place) {
  return blocks.map((block) => {
    const maker = BLOCKS[block.type];
    const node = maker ? maker(block, place) : el("div", { class: "unknown" }, `(${block.type} is not drawn here)`);
    node.dataset.block = block.block_id ?? "";
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
    const optional = block.optional ? el("span", { class: "optional" }, "(optional)") : null;
    const label = el("div", { class: "label", id: `label-${block.block_id}` }, textObject(block.label), " ", optional);
    const field = input(block.element, block, place);
    // The words above a field are its name, also for those who hear the page.
    const named = field.querySelector("input:not([type=checkbox]):not([type=radio]), textarea, select") ?? field;
    named.setAttribute("aria-labelledby", label.id);
    return el("div", { class: "b-input" },
      label,
      field,
      el("div", { class: "field-error", role: "alert" }),
      block.hint ? el("div", { class: "hint" }, textObject(block.hint)) : null);
  },
};

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
  node.onerror = () => node.replaceWith(el("span", { class: "unknown" }, "(a picture you cannot see)"));
  if (size !== "tiny") node.onclick = () => viewer(id, alt);
  return node;
}

function viewer(id, alt) {
  const large = el("img", { src: fileUrl(id), alt });
  const size = el("span", { class: "viewer-size" });
  large.onload = () => { size.textContent = `${large.naturalWidth} \u00D7 ${large.naturalHeight} pixels`; };
  large.onclick = () => large.classList.toggle("full");
  dialog({ title: alt || "Picture", body: el("div", { class: "viewer-body" }, large), buttons: [size], kind: "viewer" });
}
