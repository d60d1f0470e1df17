// The page: who one acts as, which conversation is open, and what is drawn when something changes.
import { avatar, closeDialogs, colour, el, lock } from "./dom.js";
import { act, actAs, look, me, onChange } from "./net.js";
import { draw } from "./blocks.js";
import { composer } from "./composer.js";
import { know } from "./mrkdwn.js";
import { MessageList } from "./messages.js";
import { Modal } from "./modal.js";

const $ = (id) => document.getElementById(id);
const HOME = "home";
let world;
let state;
let main;
let thread;
let modal;
let stop = () => {};
let pending = false;
const open = {};
const seen = JSON.parse(sessionStorage.getItem("seen") ?? "{}");

async function start() {
  world = await (await fetch("/ui/workspace")).json();
  $("team").textContent = world.name;
  const context = { names: world.names, bot: world.bot, shortcuts: world.shortcuts };
  main = new MessageList($("messages"), { ...context, openThread, fromEnd: true });
  thread = new MessageList($("replies"), { ...context, openThread: null, fromEnd: false });
  $("thread-close").onclick = closeThread;
  const wanted = new URLSearchParams(location.hash.slice(1)).get("as") ?? sessionStorage.getItem("as");
  await become(world.people.some((one) => one.id === wanted) ? wanted : world.people[0].id);
}

async function become(id) {
  stop();
  actAs(id);
  sessionStorage.setItem("as", id);
  closeDialogs();
  modal = new Modal(world.people);
  main.clear();
  closeThread();
  state = await look("state");
  const link = new URLSearchParams(location.hash.slice(1));
  const known = conversations().map((one) => one.id);
  const first = link.get("as") === id ? link.get("channel") : null;
  const next = [first, open[id]].find((one) => known.includes(one) || (one === HOME && world.has_home)) ?? known[0];
  await show(next);
  if (first && link.get("thread")) openThread(link.get("thread"));
  stop = onChange(id, refreshSoon);
}

const conversations = () => [...state.channels, state.dm];
const current = () => conversations().find((one) => one.id === open[me()]);

function refreshSoon() {
  if (pending) return;
  pending = true;
  setTimeout(async () => { pending = false; await refresh(); }, 60);
}

async function refresh() {
  const asked = me();
  const [everyone, mine] = await Promise.all([look("workspace"), look("state")]);
  if (asked !== me() || !everyone || !mine) return;
  world = everyone;
  state = mine;
  know(world.names, Object.fromEntries(state.channels.map((one) => [one.id, one.name])));
  drawActors();
  if (open[me()] !== HOME && !current()) { await show(conversations()[0].id); return; }
  await drawConversation();
  await drawThread();
  drawChannels();
  modal.show(state.modal);
}

async function show(id) {
  open[me()] = id;
  main.clear();
  closeThread();
  const home = id === HOME;
  const readOnly = id === state.dm.id && !world.reads_direct_messages;
  $("composer").hidden = home || readOnly;
  if (home) act("home", {});
  else {
    const channel = current();
    const name = channel.id === state.dm.id ? "FIS Bot" : `#${channel.name}`;
    composer($("composer"), { commands: world.commands, channel: id, label: `Message ${name}${world.commands.length ? `, or ${world.commands[0]}` : ""}` });
  }
  await refresh();
}

async function drawConversation() {
  if (open[me()] === HOME) { drawHome(); return; }
  const channel = current();
  const dm = channel.id === state.dm.id;
  $("title").textContent = dm ? "FIS Bot" : `# ${channel.name}`;
  const shared = channel.is_ext_shared ? "Shared with another organization. " : "";
  $("topic").textContent = dm ? world.reads_direct_messages ? "Between you and the bot" : "What the bot tells you; it reads no answers here" : `${shared}${channel.is_private ? "Private" : "Public"}, ${channel.members} members. ${channel.topic}`;
  const asked = [me(), channel.id].join();
  const page = await look("channel", { channel: channel.id });
  if (page === null || asked !== [me(), open[me()]].join()) return;
  main.show(channel.id, page.messages, dm ? "No messages yet." : "Nothing has been said here yet.");
  seen[`${me()} ${channel.id}`] = channel.latest;
  seen[me()] = world.people.find((one) => one.id === me()).latest;
  sessionStorage.setItem("seen", JSON.stringify(seen));
}

function drawHome() {
  $("title").textContent = "Home";
  $("topic").textContent = "FIS Bot";
  const place = { press: () => {}, pick: () => {}, draft: () => undefined, keep: () => {}, people: () => [], fileName: (id) => id, named: () => {} };
  const body = state.home ? el("div", { class: "blocks home" }, draw(state.home.blocks, place)) : el("p", { class: "empty" }, "FIS Bot has not put anything here.");
  main.clear();
  $("messages").replaceChildren(body);
}

function drawActors() {
  colour(world.people.map((one) => one.id));
  $("actors").replaceChildren(...world.people.map((one) => {
    const mine = one.id === me();
    const news = !mine && one.latest > (seen[one.id] ?? "");
    return el("button", { type: "button", role: "tab", class: `actor ${mine ? "active" : ""}`, "aria-selected": String(mine), onclick: () => become(one.id) },
      avatar(one.id, one.name), el("span", { class: "who" }, el("strong", {}, one.name), el("small", { title: one.title }, one.title)),
      news ? el("span", { class: "dot", title: "Something new" }) : null);
  }));
}

function drawChannels() {
  const entry = (id, label, latest, sign) => {
    const unread = latest && latest > (seen[`${me()} ${id}`] ?? "") && id !== open[me()];
    return el("button", { type: "button", class: `channel ${id === open[me()] ? "active" : ""} ${unread ? "unread" : ""}`, onclick: () => show(id) }, el("span", { class: "label-text" }, sign ? el("span", { class: "sign" }, sign) : null, label), unread ? el("span", { class: "dot" }) : null);
  };
  $("channels").replaceChildren(
    el("h2", {}, "Channels"),
    ...(state.channels.length ? state.channels.map((one) => entry(one.id, one.name, one.latest, one.is_private ? lock() : "#")) : [el("p", { class: "none" }, "None")]),
    el("h2", {}, "Direct messages"),
    entry(state.dm.id, "FIS Bot", state.dm.latest),
    ...(world.has_home ? [el("h2", {}, "Apps"), entry(HOME, "FIS Bot home", "")] : []));
}

function openThread(ts) {
  thread.clear();
  thread.ts = ts;
  $("thread").hidden = false;
  document.body.classList.add("in-thread");
  composer($("thread-composer"), { commands: world.commands, channel: open[me()], threadTs: ts, label: "Reply" });
  drawThread();
}

async function drawThread() {
  if (!thread.ts) return;
  const asked = [me(), open[me()], thread.ts].join();
  const page = await look("thread", { channel: open[me()], ts: thread.ts });
  if (asked !== [me(), open[me()], thread.ts].join()) return;
  if (page === null) { closeThread(); return; }
  $("thread-where").textContent = $("title").textContent;
  thread.show(open[me()], page.messages, "");
}

function closeThread() {
  thread.ts = null;
  thread.clear();
  $("thread").hidden = true;
  document.body.classList.remove("in-thread");
}

start();
