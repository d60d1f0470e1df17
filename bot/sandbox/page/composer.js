// Where a person writes: text, files, and slash commands.
import { el, toast } from "./dom.js";
import { act, upload } from "./net.js";
import { preview } from "./elements.js";

export function composer(node, { commands, channel, threadTs, label }) {
  const files = [];
  const attached = el("div", { class: "previews" });
  const text = el("textarea", { rows: 1, placeholder: label, "aria-label": label });
  const picker = el("input", { type: "file", multiple: true, class: "hidden-file" });
  const draw = () => attached.replaceChildren(...files.map((file) => preview(file.id, file.name, () => { files.splice(files.indexOf(file), 1); draw(); })));
  const take = async (list) => {
    for (const file of list) {
      const id = await upload(file);
      if (id) files.push({ id, name: file.name });
    }
    draw();
  };
  const grow = () => { text.style.height = "auto"; text.style.height = `${Math.min(text.scrollHeight, 160)}px`; hint(); };
  const offered = el("div", { class: "commands", hidden: true });
  const hint = () => {
    const typed = text.value.split(" ")[0];
    const fitting = threadTs || !typed.startsWith("/") || text.value.includes(" ") ? [] : commands.filter((one) => one.startsWith(typed));
    offered.hidden = !fitting.length;
    offered.replaceChildren(...fitting.map((one) => el("button", { type: "button", onclick: () => { text.value = `${one} `; offered.hidden = true; text.focus(); } }, one)));
  };
  const send = async () => {
    const words = text.value.trim();
    if (!words && !files.length) return;
    if (!await sent(words)) return;
    text.value = "";
    files.length = 0;
    draw();
    grow();
  };
  const sent = (words) => {
    if (words.startsWith("/")) return command(words);
    return act("post", { channel, text: escaped(words), files: files.map((file) => file.id), thread_ts: threadTs });
  };
  const command = (words) => {
    const [name, ...rest] = words.split(/\s+/);
    if (threadTs) { toast("Slash commands cannot be used in threads."); return null; }
    if (!commands.includes(name)) { toast(`${name} is not a command of this workspace.`); return null; }
    return act("command", { channel, command: name, text: rest.join(" ") });
  };
  text.oninput = grow;
  text.onkeydown = (event) => { if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); send(); } };
  text.onpaste = (event) => { if (event.clipboardData.files.length) { event.preventDefault(); take(event.clipboardData.files); } };
  picker.onchange = () => { take(picker.files); picker.value = ""; };
  node.ondragover = (event) => event.preventDefault();
  node.ondrop = (event) => { event.preventDefault(); take(event.dataTransfer.files); };
  node.replaceChildren(offered, el("div", { class: "composer-box" }, attached, el("div", { class: "composer-row" },
    el("button", { type: "button", class: "plain attach", "aria-label": "Attach a file", title: "Attach a file", onclick: () => picker.click() }, "+"),
    text,
    el("button", { type: "button", class: "button primary send", onclick: send }, "Send"))), picker);
}

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
