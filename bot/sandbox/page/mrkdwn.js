// Slack's markup: mentions, links, bold, italic, strike, code, quotes, dates.
import { el } from "./dom.js";

let names = {};
let channels = {};
export const know = (people, rooms) => { names = people; channels = rooms; };

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const decoded = (text) => text.replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity]);

export function textObject(text) {
  return text.type === "mrkdwn" ? mrkdwn(text.text) : lines([decoded(text.text)]);
}

export function mrkdwn(text) {
  const parts = [];
  for (const [index, part] of text.split(/```/).entries()) {
    if (index % 2) parts.push(el("pre", {}, decoded(part.replace(/^\n/, ""))));
    else parts.push(...quoted(part));
  }
  return parts;
}

function quoted(text) {
  const parts = [];
  let quote = [];
  const flush = () => {
    if (quote.length) parts.push(el("blockquote", {}, inline(quote.join("\n"))));
    quote = [];
  };
  let plain = [];
  const spill = () => { if (plain.length) parts.push(...inline(plain.join("\n"))); plain = []; };
  for (const line of text.split("\n")) {
    const match = /^(?:&gt;|>)\s?(.*)$/.exec(line);
    if (match) { spill(); quote.push(match[1]); } else { flush(); plain.push(line); }
  }
  flush();
  spill();
  return parts;
}

const STYLES = [
  [/`([^`\n]+)`/, (inner) => el("code", {}, decoded(inner))],
  [/<([^<>]+)>/, special],
  [/(?<![\w*])\*(?=\S)([^*\n]*\S)\*(?![\w*])/, (inner) => el("strong", {}, inline(inner))],
  [/(?<![\w_])_(?=\S)([^_\n]*\S)_(?![\w_])/, (inner) => el("em", {}, inline(inner))],
  [/(?<![\w~])~(?=\S)([^~\n]*\S)~(?![\w~])/, (inner) => el("s", {}, inline(inner))],
];

function inline(text) {
  let first = null;
  for (const [pattern, make] of STYLES) {
    const match = pattern.exec(text);
    if (match && (first === null || match.index < first.match.index)) first = { match, make };
  }
  if (first === null) return lines([decoded(text)]);
  const { match, make } = first;
  return [
    ...lines([decoded(text.slice(0, match.index))]),
    make(match[1]),
    ...inline(text.slice(match.index + match[0].length)),
  ];
}

function special(inner) {
  const [target, label] = inner.split("|");
  if (target.startsWith("@")) return el("span", { class: "mention" }, `@${names[target.slice(1)] ?? target.slice(1)}`);
  if (target.startsWith("#")) return el("span", { class: "mention" }, `#${label || channels[target.slice(1)] || "private channel"}`);
  if (target.startsWith("!date^")) return el("time", {}, decoded(label ?? ""));
  if (target.startsWith("!")) return el("span", { class: "mention loud" }, `@${target.slice(1)}`);
  return el("a", { href: /^(https?|mailto):/.test(target) ? decoded(target) : "#", rel: "noreferrer noopener", target: "_blank" }, decoded(label ?? target));
}

function lines(parts) {
  return parts.flatMap((part) => part.split("\n").flatMap((line, index) => (index ? [el("br"), line] : [line])));
}
