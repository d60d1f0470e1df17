// A picture at its best: wheel, + and -, 0, arrows, and dragging.
import { dialog } from "./dialog.js";
import { el } from "./dom.js";

const STEP = 1.25;
const MOST = 12;
const KEYS = { "+": STEP, "=": STEP, "-": 1 / STEP, _: 1 / STEP };
const MOVES = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };

export function viewer(url, alt) {
  const view = new Viewer(url, alt);
  dialog({ title: alt || "Picture", body: view.stage, buttons: view.tools(), kind: "viewer", focus: () => view.stage });
  view.watch();
}

class Viewer {
  constructor(url, alt) {
    this.image = el("img", { src: url, alt, draggable: false });
    this.stage = el("div", { class: "viewer-stage", tabIndex: 0, role: "group", "aria-label": `${alt || "Picture"}: plus and minus change its size, the arrow keys move it` }, this.image);
    this.size = el("output", { class: "viewer-size" });
    this.image.onload = () => this.fit();
    this.image.onerror = () => { this.size.textContent = "This picture cannot be shown."; };
  }

  tools() {
    const tool = (label, sign, act) => el("button", { type: "button", class: "button", "aria-label": label, title: label, onclick: act }, sign);
    return [this.size,
      tool("Smaller", "\u2212", () => this.zoom(1 / STEP)),
      tool("Larger", "+", () => this.zoom(STEP)),
      el("button", { type: "button", class: "button", onclick: () => this.fit() }, "Fit"),
      el("button", { type: "button", class: "button", onclick: () => this.zoom(1 / this.scale) }, "Full size")];
  }

  watch() {
    this.stage.addEventListener("wheel", (event) => { event.preventDefault(); this.zoom(event.deltaY < 0 ? STEP : 1 / STEP, this.point(event)); }, { passive: false });
    this.stage.addEventListener("dblclick", (event) => { if (this.scale > this.least * 1.01) this.fit(); else this.zoom(2.5, this.point(event)); });
    this.stage.addEventListener("pointerdown", (event) => this.stage.setPointerCapture(event.pointerId));
    this.stage.addEventListener("pointermove", (event) => { if (event.buttons & 1) this.move(event.movementX, event.movementY); });
    this.stage.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => { if (this.least && this.scale <= this.least) this.fit(); }).observe(this.stage);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (KEYS[event.key]) this.zoom(KEYS[event.key]);
    else if (MOVES[event.key]) this.move(...MOVES[event.key]);
    else if (event.key === "0") this.fit();
    else return;
    event.preventDefault();
  }

  point(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
  }

  fit() {
    const { naturalWidth: wide, naturalHeight: high } = this.image;
    if (!wide) return;
    this.least = Math.min(this.stage.clientWidth / wide, this.stage.clientHeight / high, 3);
    this.scale = this.least;
    [this.x, this.y] = [0, 0];
    this.draw();
  }

  zoom(by, [px, py] = [0, 0]) {
    if (!this.least) return;
    const next = Math.min(Math.max(this.scale * by, Math.min(this.least, 1)), MOST);
    const ratio = next / this.scale;
    this.scale = next;
    [this.x, this.y] = [px - (px - this.x) * ratio, py - (py - this.y) * ratio];
    this.draw();
  }

  move(dx, dy) {
    if (!this.least) return;
    this.x += dx;
    this.y += dy;
    this.draw();
  }

  // Some of the picture always stays in sight.
  draw() {
    const { naturalWidth: wide, naturalHeight: high } = this.image;
    const most = (length, shown) => Math.max(0, (length * this.scale - shown) / 2);
    const [mx, my] = [most(wide, this.stage.clientWidth), most(high, this.stage.clientHeight)];
    this.x = Math.min(Math.max(this.x, -mx), mx);
    this.y = Math.min(Math.max(this.y, -my), my);
    this.image.style.width = `${wide}px`;
    this.image.style.transform = `translate(-50%, -50%) translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.size.textContent = `${wide} \u00D7 ${high} pixels, shown at ${Math.round(this.scale * 100)} %`;
  }
}
