// Where a person writes: text, files, and slash commands.
import { el, say, toast } from "./dom.js";
import { act, upload } from "./net.js";
import { preview } from "./elements.js";

let ids = 0;

// `failed` is told what Slack says of a command that the app did not acknowledge.
export function composer(node, { commands, channel, threadTs, label, failed = toast }) {
  ids += 1;
  const files = [];
  const attached = el("div", { class: "previews" });
  const offered = el("div", { class: "commands", role: "listbox", "aria-label": "Commands", id: `commands-${ids}`, hidden: true });
  const text = el("textarea", { rows: 1, placeholder: label, "aria-label": label, "data-first": "", "aria-controls": offered.id });
  const picker = el("input", { type: "file", multiple: true, class: "hidden-file", tabIndex: -1, "aria-hidden": "true" });
  const drop = (file) => { files.splice(files.indexOf(file), 1); draw(); text.focus(); };
  const draw = () => attached.replaceChildren(...files.map((file) => preview(file.id, file.name, () => drop(file))));
  const take = async (list) => {
    for (const file of list) {
      const id = await upload(file);
      if (id) { files.push({ id, name: file.name }); say(`${file.name} attached.`); }
    }
    draw();
    text.focus();
  };
  const grow = () => { text.style.height = "auto"; text.style.height = `${Math.min(text.scrollHeight, 160)}px`; hint(); };
  const choose = (command) => { text.value = `${command} `; offered.hidden = true; text.focus(); };
  const hint = () => {
    const typed = text.value.split(" ")[0];
    const fitting = threadTs || !typed.startsWith("/") || text.value.includes(" ") ? [] : commands.filter((one) => one.startsWith(typed));
    if (fitting.length && offered.hidden) say(`${fitting.join(", ")}: press Tab to take it.`);
    offered.hidden = !fitting.length;
    offered.replaceChildren(...fitting.map((one, index) => el("button", { type: "button", role: "option", "aria-selected": String(index === 0), tabIndex: -1, onclick: () => choose(one) }, one, el("small", {}, "Tab"))));
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
  const command = async (words) => {
    const [name, ...rest] = words.split(/\s+/);
    if (threadTs) { toast("Slash commands cannot be used in threads."); return null; }
    if (!commands.includes(name)) { toast(`${name} is not a command of this workspace.`); return null; }
    const answer = await act("command", { channel, command: name, text: rest.join(" ") });
    if (answer?.failed) failed(`${name} failed. ${answer.failed}`);
    return answer;
  };
  text.oninput = grow;
  text.onkeydown = (event) => {
    if (event.key === "Tab" && !event.shiftKey && !offered.hidden) { event.preventDefault(); choose(offered.firstElementChild.firstChild.data); }
    if (event.key === "Escape" && !offered.hidden) { event.preventDefault(); event.stopPropagation(); offered.hidden = true; }
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  };
  text.onpaste = (event) => { if (event.clipboardData.files.length) { event.preventDefault(); take(event.clipboardData.files); } };
  picker.onchange = () => { take([...picker.files]); picker.value = ""; };
  node.ondragover = (event) => { event.preventDefault(); node.classList.add("over"); };
  node.ondragleave = (event) => { if (!node.contains(event.relatedTarget)) node.classList.remove("over"); };
  node.ondrop = (event) => { event.preventDefault(); node.classList.remove("over"); take(event.dataTransfer.files); };
  node.replaceChildren(offered, el("div", { class: "composer-box" }, attached, el("div", { class: "composer-row" },
    el("button", { type: "button", class: "plain attach", "aria-label": "Attach a file", title: "Attach a file", onclick: () => picker.click() }, "+"),
    text,
    el("button", { type: "button", class: "button primary send", onclick: send }, "Send"))), picker);
  return { type: (words) => { text.value = words; grow(); text.focus(); } };
}

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
