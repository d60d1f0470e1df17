// The side panel: the guided tour or the bad days, open or closed as it was left.
const $ = (id) => document.getElementById(id);

export class Panel {
  // `pages`: name -> { title, draw(node) }; each name has a button `NAME-toggle`.
  constructor(pages) {
    this.pages = pages;
    this.open = "";
    for (const name of Object.keys(pages)) $(`${name}-toggle`).onclick = () => this.toggle(name);
    $("panel-close").onclick = () => this.close();
    $("panel").addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.defaultPrevented) { event.preventDefault(); this.close(); } });
  }

  remembered(first) {
    const name = localStorage.getItem("panel") ?? first;
    if (name in this.pages) this.show(name);
  }

  toggle(name) {
    if (this.open === name) { this.close(); return; }
    this.show(name);
    $("panel-title").focus();
  }

  show(name) {
    this.open = name;
    localStorage.setItem("panel", name);
    $("panel").hidden = false;
    document.body.classList.add("in-panel");
    $("panel-title").textContent = this.pages[name].title;
    $("panel-body").replaceChildren();
    this.mark();
    this.draw();
  }

  close() {
    const toggle = $(`${this.open}-toggle`);
    this.open = "";
    localStorage.setItem("panel", "");
    $("panel").hidden = true;
    document.body.classList.remove("in-panel");
    this.mark();
    toggle?.focus();
  }

  mark() {
    for (const name of Object.keys(this.pages)) $(`${name}-toggle`).setAttribute("aria-expanded", String(this.open === name));
  }

  // Drawn anew at every change of the workspace.
  async draw() {
    if (this.open) await this.pages[this.open].draw($("panel-body"));
  }
}
