// Bad days on purpose: what goes wrong next between the bot and Slack.
import { el, redraw, say } from "./dom.js";
import { look, tell } from "./net.js";

export class BadDays {
  constructor() {
    this.title = "Bad days";
    this.drawn = "";
    this.chosen = {};
  }

  async draw(node) {
    const faults = await look("faults");
    if (!faults || !node.isConnected) return;
    const drawn = JSON.stringify(faults);
    if (drawn === this.drawn && node.firstChild) return;
    this.drawn = drawn;
    node.dataset.scope = "faults";
    redraw(node, [el("p", {}, "Let something go wrong, and see what people notice. Nothing may be lost, and nothing done twice."),
      ...faults.groups.map((group, index) => this.group(group, index)), this.coming(faults)]);
  }

  group(group, index) {
    const chosen = { fault: this.chosen[`${index} fault`] ?? group.faults[0].name, target: this.chosen[`${index} target`] ?? group.targets[0]?.[0] ?? "" };
    const menu = (name, label, values) => el("label", { class: "fault-field" }, label,
      el("select", { "data-key": `${index} ${name}`, onchange: (event) => { chosen[name] = this.chosen[`${index} ${name}`] = event.target.value; } },
        values.map(([value, words]) => el("option", { value, selected: value === chosen[name] }, words))));
    return el("section", { class: "fault-group", "aria-label": group.title },
      el("h3", {}, group.title),
      el("p", { class: "about" }, group.about),
      menu("fault", "What goes wrong", group.faults.map((one) => [one.name, one.words])),
      group.targets.length ? menu("target", group.target_label, group.targets) : null,
      el("button", { type: "button", class: "button danger", "data-key": `cause ${index}`, onclick: () => this.ask("faults", chosen, "It is set.") }, "Let it happen"));
  }

  async ask(name, wanted, words) {
    if (await tell(name, wanted)) say(words);
    await this.draw(document.getElementById("panel-body"));
  }

  coming({ planned, lasting }) {
    const end = (one) => el("li", {}, one.words, " ", el("button", { type: "button", class: "button small", "data-key": `end ${one.fault} ${one.target}`, onclick: () => this.ask("faults/end", one, "It is over.") }, "End it"));
    return el("section", { class: "fault-group", "aria-label": "Still to come, or going on" }, el("h3", {}, "Still to come, or going on"),
      planned.length + lasting.length ? el("ul", {}, planned.map((one) => el("li", {}, one)), lasting.map(end)) : el("p", { class: "about" }, "Nothing."));
  }
}
