// Messages of a channel or thread, kept in place while they do not change.
import { avatar, el, timeOf } from "./dom.js";
import { draw, picture } from "./blocks.js";
import { mrkdwn } from "./mrkdwn.js";
import { act } from "./net.js";

export class MessageList {
  // `context`: names, bot, shortcuts, openThread(ts) or null inside a thread.
  constructor(node, context) {
    this.node = node;
    this.context = context;
    this.drawn = new Map();
    this.drafts = new Map();
    this.atEnd = true;
    node.addEventListener("scroll", () => { this.atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < 80; });
    // What was read last stays in sight when the composer grows.
    new ResizeObserver(() => { if (this.atEnd && this.context.fromEnd) this.toEnd(); }).observe(node);
  }

  clear() {
    this.drawn.clear();
    this.node.replaceChildren();
  }

  show(channel, messages, empty) {
    const fresh = this.drawn.size === 0;
    const kept = new Map();
    let previous = null;
    for (const message of messages) {
      const follows = previous !== null && previous.user === message.user && !previous.only_you && !message.only_you && Number(message.ts) - Number(previous.ts) < 120;
      const key = JSON.stringify([message, follows]);
      const old = this.drawn.get(message.ts);
      kept.set(message.ts, old?.key === key ? old : { key, node: this.message(channel, message, follows) });
      previous = message;
    }
    this.drawn = kept;
    const nodes = [...kept.values()].map((one) => one.node);
    if (!nodes.length) nodes.push(el("p", { class: "empty" }, empty));
    if (nodes.length !== this.node.children.length || nodes.some((node, index) => node !== this.node.children[index])) this.node.replaceChildren(...nodes);
    // A thread is read from its beginning: the probe first, then the candidates.
    if (fresh ? this.context.fromEnd : this.atEnd) this.toEnd();
  }

  toEnd() {
    const end = () => { this.node.scrollTop = this.node.scrollHeight; };
    end();
    for (const image of this.node.querySelectorAll("img")) if (!image.complete) image.addEventListener("load", end, { once: true });
  }

  message(channel, message, follows) {
    const { names, bot, openThread } = this.context;
    const name = names[message.user] ?? message.user;
    const isBot = message.user === bot;
    const head = el("div", { class: "m-head" }, el("strong", {}, name), isBot ? el("span", { class: "app" }, "APP") : null,
      el("time", {}, timeOf(message.ts)), message.edited ? el("span", { class: "edited" }, "(edited)") : null);
    const replies = message.replies && openThread
      ? el("button", { type: "button", class: "replies", onclick: () => openThread(message.ts) },
        `${message.replies} ${message.replies === 1 ? "reply" : "replies"}`, el("span", { class: "last" }, `last at ${timeOf(message.last_reply)}`))
      : null;
    const body = el("div", { class: "m-body" },
      message.only_you ? el("div", { class: "only-you" }, "Only visible to you") : null,
      follows ? null : head,
      this.content(channel, message), this.files(message), replies);
    const gutter = follows ? el("time", { class: "gutter" }, timeOf(message.ts)) : avatar(message.user, name, isBot);
    const classes = ["message", message.only_you ? "note" : "", follows ? "follows" : ""].join(" ");
    return el("article", { class: classes }, gutter, body, message.only_you ? null : this.tools(channel, message));
  }

  content(channel, message) {
    if (!message.blocks.length) return message.text ? el("div", { class: "m-text" }, mrkdwn(message.text)) : null;
    return el("div", { class: "blocks" }, draw(message.blocks, this.place(channel, message)));
  }

  place(channel, message) {
    const where = { channel, ts: message.ts };
    const drafts = this.drafts.get(message.ts) ?? {};
    this.drafts.set(message.ts, drafts);
    const here = Object.fromEntries(message.blocks.filter((block) => block.type === "input").map((block) => [block.block_id, true]));
    return {
      press: (element, block) => act("click", { ...where, action_id: element.action_id, block_id: block.block_id, value: element.value, values: Object.fromEntries(Object.entries(drafts).filter(([id]) => here[id])) }),
      pick: (element, block, option) => act("choose", { ...where, action_id: element.action_id, block_id: block.block_id, option }),
      chosen: (element, block) => message.choices[block.block_id]?.[element.action_id],
      draft: (block) => drafts[block.block_id],
      keep: (block, value) => { drafts[block.block_id] = value; },
      people: () => [],
      fileName: (id) => id,
      named: () => {},
    };
  }

  files(message) {
    if (!message.files?.length) return null;
    return el("div", { class: "files" }, message.files.map((file) => {
      if (file.mode === "tombstone") return el("div", { class: "file-card gone" }, "This file was deleted.");
      if (/^image\/(png|jpeg|gif|webp)$/.test(file.mimetype)) {
        return el("figure", {}, el("figcaption", {}, file.title), picture(file.id, file.title, "large"));
      }
      return el("div", { class: "file-card" }, el("span", { class: "file-icon" }, (file.filetype || "...").toUpperCase().slice(0, 4)), file.title, el("small", {}, `${Math.ceil(file.size / 1024)} kB`));
    }));
  }

  tools(channel, message) {
    const { shortcuts, openThread } = this.context;
    const reply = openThread ? el("button", { type: "button", onclick: () => openThread(message.ts) }, "Reply in thread") : null;
    const more = shortcuts.map((shortcut) => el("button", {
      type: "button",
      onclick: () => act("shortcut", { channel, ts: message.ts, callback_id: shortcut.callback_id }),
    }, shortcut.name));
    return el("div", { class: "tools" }, reply, more);
  }
}
