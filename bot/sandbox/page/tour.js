// The guided tour: whom to act as, what to do, why the policy asks for it; steps tick themselves.
import { el, redraw, say, unseen } from "./dom.js";
import { look, tell } from "./net.js";

export class Tour {
  // `goTo(account, channel)`, `type(words)`, `me()`.
  constructor({ goTo, type, me }) {
    Object.assign(this, { goTo, type, me });
    this.title = "Guided tour";
    this.unfolded = new Set();
    this.folded = new Set();
    this.done = null;
    this.drawn = "";
  }

  async draw(node) {
    const tour = await look("tour");
    if (!tour || !node.isConnected) return;
    this.tell(tour);
    const drawn = JSON.stringify([tour, this.me()]);
    if (drawn === this.drawn && node.firstChild) return;
    this.drawn = drawn;
    node.dataset.scope = "tour";
    const place = node.scrollTop;
    redraw(node, [this.top(tour), ...tour.chapters.map((chapter) => this.chapter(chapter, tour.current))]);
    node.scrollTop = place;
    if (this.moved) node.querySelector(".step.current")?.scrollIntoView({ block: "nearest" });
    this.moved = false;
  }

  // A step that has just been done is said aloud, and the next one comes into sight.
  tell(tour) {
    const steps = tour.chapters.flatMap((chapter) => chapter.steps);
    const done = new Set(steps.filter((step) => step.done).map((step) => step.id));
    const fresh = this.done ? steps.filter((step) => step.done && !this.done.has(step.id)) : [];
    const next = steps.find((step) => step.id === tour.current);
    if (fresh.length) say(`Done: ${fresh.at(-1).title}. ${next ? `Next: ${next.title}.` : "The tour is finished."}`);
    this.moved = !this.done || fresh.length > 0;
    this.done = done;
  }

  top(tour) {
    const steps = tour.chapters.flatMap((chapter) => chapter.steps);
    const done = steps.filter((step) => step.done).length;
    return el("div", { class: "tour-top" },
      el("p", {}, "Live through five cases. Every step says who acts, what to do, and why the policy asks for it. It ticks itself when it is done."),
      el("p", { class: "about" }, "By keyboard: F6 goes from part to part, Escape closes."),
      el("div", { class: "tour-count" },
        el("progress", { max: steps.length, value: done, "aria-label": "Steps done" }),
        el("span", {}, done === steps.length ? "All done" : `${done} of ${steps.length}`),
        el("button", { type: "button", class: "button small", "data-key": "restart", onclick: () => this.restart() }, "Start again")));
  }

  async restart() {
    this.unfolded.clear();
    this.folded.clear();
    await tell("tour", {});
    await this.draw(document.getElementById("panel-body"));
    say("The tour starts again.");
  }

  chapter(chapter, current) {
    const done = chapter.steps.every((step) => step.done);
    return el("section", { class: "chapter", "aria-label": chapter.title },
      el("h3", {}, chapter.title, done ? el("span", { class: "finished" }, " \u2713", unseen(" done")) : null),
      el("p", { class: "about" }, chapter.about),
      el("ol", {}, chapter.steps.map((step) => this.step(step, step.id === current))));
  }

  step(step, current) {
    const open = current ? !this.folded.has(step.id) : this.unfolded.has(step.id);
    const tick = el("span", { class: `tick-mark ${step.done ? "done" : ""}`, role: "img", "aria-label": step.done ? "Done" : "To do" }, step.done ? "\u2713" : "");
    const node = el("details", { class: `step ${step.done ? "done" : ""} ${current ? "current" : ""}`, open },
      el("summary", { "data-key": step.id }, tick, el("span", {}, step.title), current ? unseen(" (this is the next step)") : null),
      this.body(step));
    node.firstElementChild.onclick = () => this.remember(step.id, !node.open);
    return el("li", {}, node);
  }

  remember(id, open) {
    (open ? this.unfolded : this.folded).add(id);
    (open ? this.folded : this.unfolded).delete(id);
  }

  body(step) {
    const acting = this.me() === step.account;
    const type = step.types ? el("button", { type: "button", class: "button small", "data-key": `type ${step.id}`, onclick: async () => { await this.goTo(step.account, step.channel); this.type(step.types); } }, `Type ${step.types.split(" ")[0]} for me`) : null;
    return el("div", { class: "step-body" },
      el("div", { class: "step-go" },
        el("button", { type: "button", class: `button small ${acting ? "" : "primary"}`, "data-key": `go ${step.id}`, onclick: () => this.goTo(step.account, step.channel) }, `Act as ${step.person}`),
        el("span", { class: "where" }, `in ${step.place}`)),
      el("ul", {}, step.do.map((line) => el("li", {}, marked(line)))),
      type,
      el("div", { class: "why" }, el("strong", {}, "Why: "), step.why, " ", el("span", { class: "cited" }, `(${step.policy})`)));
  }
}

// [Words on the screen] and `what is typed`.
function marked(line) {
  return line.split(/(\[[^\]]+\]|`[^`]+`)/).map((part) => {
    if (part.startsWith("[")) return el("b", { class: "on-screen" }, part.slice(1, -1));
    if (part.startsWith("`")) return el("code", {}, part.slice(1, -1));
    return part;
  });
}
