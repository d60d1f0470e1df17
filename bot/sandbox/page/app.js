// The page: who one acts as, which conversation is open, and what is drawn when something changes.
import { el, say } from "./dom.js";
import { act, actAs, look, me, onChange } from "./net.js";
import { BadDays } from "./faults.js";
import { closeDialogs, someDialog } from "./dialog.js";
import { draw } from "./blocks.js";
import { composer } from "./composer.js";
import { drawPeople } from "./people.js";
import { drawSidebar } from "./sidebar.js";
import { know } from "./mrkdwn.js";
import { markOf, findAgain, parts, roving } from "./focus.js";
import { MessageList } from "./messages.js";
import { Modal } from "./modal.js";
import { Panel } from "./panel.js";
import { Tour } from "./tour.js";

const $ = (id) => document.getElementById(id);
const HOME = "home";
const AROUND_MS = 1500;
const SOON_MS = 60;
let world;
let state;
let main;
let thread;
let modal;
let panel;
let writing;
let threadOpener;
let drawnHome = "";
let stop = () => {};
let pending = false;
let again = false;
let turn = 0;
const open = {};
const seen = JSON.parse(sessionStorage.getItem("seen") ?? "{}");

async function start() {
  world = await (await fetch("/ui/workspace")).json();
  $("team").textContent = world.name;
  const context = { names: world.names, bot: world.bot, shortcuts: world.shortcuts, me, people: () => world.people };
  main = new MessageList($("messages"), { ...context, openThread, fromEnd: true });
  thread = new MessageList($("replies"), { ...context, openThread: null, fromEnd: false });
  panel = new Panel({ tour: new Tour({ goTo, type: (words) => writing?.type(words), me }), faults: new BadDays() });
  keyboard();
  const link = new URLSearchParams(location.hash.slice(1));
  const wanted = link.get("as") ?? sessionStorage.getItem("as");
  await become(world.people.some((one) => one.id === wanted) ? wanted : world.people[0].id);
  $("tour-toggle").hidden = !world.has_tour;
  // A newcomer is shown round; whoever follows a link knows where to go.
  panel.remembered(world.has_tour && !link.get("as") ? "tour" : "");
  setTimeout(lookAround, AROUND_MS);
}

function keyboard() {
  $("thread-close").onclick = () => closeThread();
  $("thread").addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.defaultPrevented) { event.preventDefault(); closeThread(); } });
  roving($("actors"), "button");
  roving($("channels"), ".channel");
  parts(["#actors", ".sidebar", "#main", "#thread", "#overlay .veil:last-child", "#panel", ".banner-tools"]);
}

async function become(id) {
  stop();
  actAs(id);
  sessionStorage.setItem("as", id);
  closeDialogs();
  modal = new Modal(world.people);
  main.clear();
  closeThread(false);
  state = await look("state");
  if (me() !== id || !state) return;
  const link = new URLSearchParams(location.hash.slice(1));
  const known = conversations().map((one) => one.id);
  const first = link.get("as") === id ? link.get("channel") : null;
  const next = [first, open[id]].find((one) => known.includes(one) || (one === HOME && world.has_home)) ?? known[0];
  await show(next, false);
  if (first && link.get("thread")) openThread(link.get("thread"));
  stop = onChange(id, refreshSoon);
}

// What belongs to the simulation is asked for: nobody's own events tell of what others see.
async function lookAround() {
  const everyone = document.hidden ? null : await look("workspace");
  if (everyone) { world = everyone; drawActors(); await panel.draw(); }
  setTimeout(lookAround, AROUND_MS);
}

// From the tour: one click to be there.
async function goTo(id, channel) {
  if (me() !== id) await become(id);
  if (open[id] !== channel) await show(channel, false);
}

const conversations = () => [...state.channels, state.dm];
const current = () => conversations().find((one) => one.id === open[me()]);
const seenIn = (channel) => seen[`${me()} ${channel.id}`] ?? "";
const isUnread = (channel) => Boolean(channel.latest) && channel.latest > seenIn(channel) && channel.id !== open[me()];
const unread = (channel) => (isUnread(channel) ? { count: channel.news.filter((ts) => ts > seenIn(channel)).length } : null);

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

// One at a time, and once more for what changed meanwhile; what could not be asked is asked again.
async function refreshSoon() {
  again = true;
  if (pending) return;
  pending = true;
  try {
    while (again) {
      again = false;
      await pause(SOON_MS);
      if (!(await refresh())) { again = true; await pause(AROUND_MS); }
    }
  } finally {
    pending = false;
  }
}

// Draw everything; false if that must be tried again. Whoever asked later knows better.
async function refresh() {
  const asked = me();
  const own = ++turn;
  const isLate = () => asked !== me() || own !== turn;
  const [everyone, mine] = await Promise.all([look("workspace"), look("state")]);
  if (isLate()) return true;
  if (!everyone || !mine) return false;
  const known = state.id === asked ? conversations().map((one) => one.id + one.latest) : null;
  world = everyone;
  state = { ...mine, id: asked };
  know(world.names, Object.fromEntries(state.channels.map((one) => [one.id, one.name])));
  if (open[me()] !== HOME && !current()) { await show(conversations()[0].id, false); return true; }
  const isDrawn = await drawConversation(isLate);
  await drawThread(isLate);
  drawActors();
  drawChannels();
  for (const one of conversations()) if (known && isUnread(one) && !known.includes(one.id + one.latest)) say(`Something new in ${nameOf(one)}.`);
  modal.show(state.modal);
  await panel.draw();
  return isDrawn;
}

async function show(id, focused = true) {
  open[me()] = id;
  main.clear();
  drawnHome = "";
  closeThread(false);
  const home = id === HOME;
  const readOnly = id === state.dm.id && !world.reads_direct_messages;
  $("composer").hidden = home || readOnly;
  writing = null;
  if (home) act("home", {});
  else {
    const channel = current();
    const label = `Message ${nameOf(channel)}${world.commands.length ? `, or ${world.commands[0]}` : ""}`;
    writing = composer($("composer"), { commands: world.commands, channel: id, label, failed: (words) => main.note(words) });
  }
  await refresh();
  if (focused && !someDialog()) (home || readOnly ? $("messages") : $("composer").querySelector("textarea")).focus();
}

const nameOf = (channel) => (channel.id === state.dm.id ? "FIS Bot" : `#${channel.name}`);

function topicOf(channel) {
  if (channel.id === state.dm.id) return world.reads_direct_messages ? "Between you and the bot" : "What the bot tells you; it reads no answers here";
  const shared = channel.is_ext_shared ? "Shared with another organization. " : "";
  return `${shared}${channel.is_private ? "Private" : "Public"}, ${channel.members} members. ${channel.topic}`;
}

function head(title, topic) {
  $("title").textContent = title;
  $("topic").textContent = topic;
  $("topic").title = topic;
  document.title = `${title} \u00B7 ${world.names[me()]} \u00B7 FIS Bot, simulated`;
}

async function drawConversation(isLate) {
  if (open[me()] === HOME) { drawHome(); return true; }
  const channel = current();
  head(nameOf(channel).replace("#", "# "), topicOf(channel));
  const asked = [me(), channel.id].join();
  const page = await look("channel", { channel: channel.id });
  if (isLate() || asked !== [me(), open[me()]].join()) return true;
  if (page === null) return false;
  const last = `${me()} ${channel.id}`;
  main.show(channel.id, page.messages, channel.id === state.dm.id ? "No messages yet." : "Nothing has been said here yet.", seen[last]);
  seen[last] = channel.latest;
  seen[me()] = world.people.find((one) => one.id === me()).latest;
  sessionStorage.setItem("seen", JSON.stringify(seen));
  return true;
}

function drawHome() {
  head("Home", "FIS Bot");
  const drawn = JSON.stringify(state.home);
  if (drawn === drawnHome) return;
  drawnHome = drawn;
  const at = (element, block) => ({ block_id: block.block_id, action_id: element.action_id });
  const place = {
    press: (element, block) => act("home/press", { ...at(element, block), value: element.value }),
    pick: (element, block, option) => act("home/pick", { ...at(element, block), option }),
    chosen: (element, block) => state.home.state?.values?.[block.block_id]?.[element.action_id],
    draft: () => undefined, keep: () => {}, people: () => world.people, fileName: (id) => id, named: () => {},
  };
  const mark = $("messages").contains(document.activeElement) ? markOf(document.activeElement) : null;
  const body = state.home ? el("div", { class: "blocks home", "data-scope": "home" }, draw(state.home.blocks, place)) : el("p", { class: "empty" }, "FIS Bot has not put anything here.");
  main.clear();
  $("messages").replaceChildren(body);
  if (mark) findAgain(mark)?.focus();
}

function drawActors() {
  drawPeople($("actors"), world.people, { mine: me(), news: (one) => one.id !== me() && one.latest > (seen[one.id] ?? ""), become });
}

function drawChannels() {
  drawSidebar($("channels"), { channels: state.channels, dm: state.dm, home: world.has_home ? HOME : "" }, { open: open[me()], unread, show });
}

function openThread(ts) {
  threadOpener = markOf(document.activeElement);
  thread.clear();
  thread.ts = ts;
  $("thread").hidden = false;
  document.body.classList.add("in-thread");
  composer($("thread-composer"), { commands: world.commands, channel: open[me()], threadTs: ts, label: "Reply" });
  drawThread().then(() => { if (!someDialog()) $("thread-title").focus({ preventScroll: true }); });
}

async function drawThread(isLate = () => false) {
  if (!thread.ts) return;
  const asked = [me(), open[me()], thread.ts].join();
  const page = await look("thread", { channel: open[me()], ts: thread.ts });
  if (isLate() || asked !== [me(), open[me()], thread.ts].join()) return;
  if (page === null) { closeThread(); return; }
  $("thread-where").textContent = $("title").textContent;
  thread.show(open[me()], page.messages, "");
}

function closeThread(giveBack = true) {
  const held = giveBack && !$("thread").hidden;
  thread.ts = null;
  thread.clear();
  $("thread").hidden = true;
  document.body.classList.remove("in-thread");
  if (held) (findAgain(threadOpener) ?? $("messages")).focus();
}

start();
