// Messages of a channel or thread, kept in place while they do not change.
import { arrange, avatar, dayOf, el, say, timeOf } from "./dom.js";
import { draw, picture } from "./blocks.js";
import { findAgain, markOf } from "./focus.js";
import { mrkdwn } from "./mrkdwn.js";
import { act } from "./net.js";

const HEARD_MAX = 160;
const HEARD_MOST = 3;

export class MessageList {
  // `context`: names, bot, shortcuts, me(), openThread(ts) or null inside a thread.
  constructor(node, context) {
    this.node = node;
    this.context = context;
    this.drawn = new Map();
    this.drafts = new Map();
    this.days = new Map();
    this.notes = [];
    this.atEnd = true;
    node.addEventListener("scroll", () => { this.atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < 80; });
    node.addEventListener("keydown", (event) => this.key(event));
    // What was read last stays in sight when the composer grows.
    new ResizeObserver(() => { if (this.atEnd && this.context.fromEnd) this.toEnd(); }).observe(node);
  }

  clear() {
    this.drawn.clear();
    this.days.clear();
    this.notes = [];
    this.node.replaceChildren();
  }

  // Up and down go from message to message; Tab then reaches what is in one.
  key(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const all = [...this.node.querySelectorAll(".message")];
    const here = all.indexOf(document.activeElement);
    if (!step || !all.length || (here < 0 && document.activeElement !== this.node)) return;
    event.preventDefault();
    const next = here < 0 ? (step < 0 ? all.length - 1 : 0) : Math.min(Math.max(here + step, 0), all.length - 1);
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  }

  // What Slack itself tells this person alone, until the conversation is left; the app never hears of it.
  note(words) {
    this.notes.push(el("div", { class: "message note" }, avatar("slack", "S"), el("div", { class: "m-body" }, el("div", { class: "only-you" }, "Only visible to you"), el("div", { class: "m-head" }, el("strong", {}, "Slack (simulated)")), el("div", { class: "m-text" }, words))));
    this.node.append(this.notes.at(-1));
    this.toEnd();
    say(words);
  }

  show(channel, messages, empty, newSince = "") {
    const fresh = this.drawn.size === 0;
    const kept = new Map();
    const held = this.node.contains(document.activeElement) ? markOf(document.activeElement) : null;
    const news = [];
    let previous = null;
    for (const message of messages) {
      const follows = previous !== null && dayOf(previous.ts) === dayOf(message.ts) && previous.user === message.user && !previous.only_you && !message.only_you && Number(message.ts) - Number(previous.ts) < 120;
      const key = JSON.stringify([message, follows]);
      const old = this.drawn.get(message.ts);
      kept.set(message.ts, old?.key === key ? old : { key, node: this.message(channel, message, follows) });
      if (!fresh && message.user !== this.context.me()) news.push(old ? this.changed(old.node, kept.get(message.ts).node) : this.heard(message));
      previous = message;
    }
    this.drawn = kept;
    this.tell(news.filter(Boolean));
    const nodes = this.withDays([...kept.values()].map((one) => one.node), messages);
    if (!nodes.length) nodes.push(el("p", { class: "empty" }, empty));
    if (fresh) this.divide(nodes, messages, newSince);
    const line = fresh ? null : this.node.querySelector(".new-line");
    if (line?.nextElementSibling && nodes.includes(line.nextElementSibling)) nodes.splice(nodes.indexOf(line.nextElementSibling), 0, line);
    arrange(this.node, [...nodes, ...this.notes]);
    if (held && !held.element.isConnected) findAgain(held)?.focus({ preventScroll: true });
    // A thread is read from its beginning: the probe first, then the candidates.
    if (fresh ? this.context.fromEnd : this.atEnd) this.toEnd();
  }

  // The line above what is new since this person looked last.
  divide(nodes, messages, newSince) {
    const first = newSince ? messages.findIndex((one) => one.ts > newSince && one.user !== this.context.me()) : -1;
    if (first > 0) nodes.splice(nodes.indexOf(this.drawn.get(messages[first].ts).node), 0, el("div", { class: "new-line" }, el("span", {}, "New")));
  }

  // A line above the first message of each day; a thread begins with the message it is about.
  withDays(nodes, messages) {
    const lines = new Map();
    let day = this.context.fromEnd ? null : messages.length ? dayOf(messages[0].ts) : null;
    for (const { ts } of messages) {
      if (dayOf(ts) !== day) lines.set(this.drawn.get(ts).node, this.dayLine(dayOf(ts)));
      day = dayOf(ts);
    }
    return nodes.flatMap((node) => (lines.has(node) ? [lines.get(node), node] : [node]));
  }

  dayLine(day) {
    if (!this.days.has(day)) this.days.set(day, el("div", { class: "day-line" }, el("span", {}, day)));
    return this.days.get(day);
  }

  tell(news) {
    if (news.length > HEARD_MOST) say(`${news.length} messages are new or have changed.`);
    else for (const words of news) say(words);
  }

  // A card is changed in place: what is said is the part of it that was not there before.
  changed(before, after) {
    const texts = (node) => [...node.querySelectorAll(".blocks > *, .m-text")].map((one) => one.textContent);
    const old = new Set(texts(before));
    const fresh = texts(after).filter((text) => !old.has(text)).join(" ");
    return before === after || !fresh ? "" : `Changed: ${fresh.slice(0, HEARD_MAX)}`;
  }

  heard(message) {
    const words = [this.context.names[message.user] ?? message.user, message.only_you ? "to you alone" : ""].filter(Boolean).join(", ");
    const said = this.content("", message)?.textContent ?? message.files?.map((file) => file.title).join(", ") ?? "";
    return `${words}: ${said.slice(0, HEARD_MAX)}`;
  }

  toEnd() {
    const end = () => { this.node.scrollTop = this.node.scrollHeight; };
    end();
    for (const image of this.node.querySelectorAll("img")) if (!image.complete) image.addEventListener("load", () => { if (this.atEnd) end(); }, { once: true });
  }

  message(channel, message, follows) {
    const { names, bot } = this.context;
    const name = names[message.user] ?? message.user;
    const isBot = message.user === bot;
    const head = el("div", { class: "m-head" }, el("strong", {}, name), isBot ? el("span", { class: "app" }, "APP") : null,
      el("time", {}, timeOf(message.ts)), message.edited ? el("span", { class: "edited" }, "(edited)") : null);
    const body = el("div", { class: "m-body" },
      message.only_you ? el("div", { class: "only-you" }, "Only visible to you") : null,
      follows ? null : head,
      this.content(channel, message), this.files(message), this.replies(message));
    const gutter = follows ? el("time", { class: "gutter", "aria-hidden": "true" }, timeOf(message.ts)) : avatar(message.user, name, isBot);
    const classes = ["message", message.only_you ? "note" : "", follows ? "follows" : ""].join(" ");
    const label = `${name}, ${timeOf(message.ts)}${message.only_you ? ", only visible to you" : ""}`;
    return el("article", { class: classes, "aria-label": label, tabIndex: -1, "data-scope": `message ${message.ts}` }, gutter, body, message.only_you ? null : this.tools(channel, message));
  }

  replies(message) {
    const { openThread } = this.context;
    if (!message.replies || !openThread) return null;
    return el("button", { type: "button", class: "replies", "data-key": "replies", onclick: () => openThread(message.ts) },
      `${message.replies} ${message.replies === 1 ? "reply" : "replies"}`, " ", el("span", { class: "last" }, `last at ${timeOf(message.last_reply)}`));
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
      people: () => this.context.people(),
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
      return el("div", { class: "file-card" }, el("span", { class: "file-icon", "aria-hidden": "true" }, (file.filetype || "...").toUpperCase().slice(0, 4)), file.title, " ", el("small", {}, `${Math.ceil(file.size / 1024)} kB`));
    }));
  }

  tools(channel, message) {
    const { shortcuts, openThread } = this.context;
    const reply = openThread ? el("button", { type: "button", "data-key": "reply", onclick: () => openThread(message.ts) }, "Reply in thread") : null;
    const more = shortcuts.map((shortcut) => el("button", { type: "button", "data-key": shortcut.callback_id, onclick: () => this.shortcut(channel, message, shortcut) }, shortcut.name));
    return el("div", { class: "tools", role: "group", "aria-label": "Message actions" }, reply, more);
  }

  async shortcut(channel, message, { callback_id, name }) {
    const answer = await act("shortcut", { channel, ts: message.ts, callback_id });
    if (answer?.failed) this.note(`\u201C${name}\u201D failed. ${answer.failed}`);
  }
}
