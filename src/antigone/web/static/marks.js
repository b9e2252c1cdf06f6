// What lies over a photo: numbered faces, a box that is being drawn, crosses on the eyes. By pointer and keys.
const SVG = "http://www.w3.org/2000/svg";

export class Marks {
  // `stage` holds the canvas; `over` is an svg of the same size; `taken` is told what was chosen or drawn.
  constructor(stage, over, taken) {
    this.stage = stage;
    this.over = over;
    this.taken = taken;
    this.mode = "choose";
    this.size = { width: 1, height: 1 };
    this.faces = [];
    this.choice = null;
    this.box = null;
    this.eyes = [];
    this.cross = null;
    this.from = null;
    stage.addEventListener("pointerdown", (event) => this.#down(event));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    stage.addEventListener("pointerup", (event) => this.#up(event));
    stage.addEventListener("keydown", (event) => this.#key(event));
  }

  show({ size, faces, choice }) {
    this.size = size;
    this.faces = faces;
    this.choice = choice;
    this.render();
  }

  enter(mode) {
    this.mode = mode;
    this.box = null;
    this.eyes = [];
    this.cross = mode === "eyes" ? [this.size.width * 0.42, this.size.height * 0.4] : null;
    this.render();
  }

  // --- by pointer
  #at(event) {
    const frame = this.over.getBoundingClientRect();
    const x = ((event.clientX - frame.left) / frame.width) * this.size.width;
    const y = ((event.clientY - frame.top) / frame.height) * this.size.height;
    const { width, height } = this.size;
    return [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)];
  }

  #down(event) {
    if (event.button > 0) return;
    const [x, y] = this.#at(event);
    if (this.mode === "choose") {
      const inside = ({ box: [bx, by, w, h] }) => x >= bx && x <= bx + w && y >= by && y <= by + h;
      const face = this.faces.findLast(inside);
      if (face) this.taken({ face: face.face });
    } else if (this.mode === "eyes") {
      this.#eye([x, y]);
    } else {
      this.from = [x, y];
      this.box = null;
      this.stage.setPointerCapture(event.pointerId);
    }
  }

  #move(event) {
    if (!this.from) return;
    const [x, y] = this.#at(event);
    const [fx, fy] = this.from;
    this.box = [Math.min(x, fx), Math.min(y, fy), Math.abs(x - fx), Math.abs(y - fy)];
    this.render();
  }

  #up() {
    if (!this.from) return;
    this.from = null;
    this.#finish();
  }

  #finish() {
    if (!this.box || Math.min(this.box[2], this.box[3]) < 8) return;
    const box = this.box.map((value) => Math.round(value * 10) / 10);
    this.box = null;
    this.taken(this.mode === "crop" ? { crop: box } : { box });
  }

  #eye(point) {
    this.eyes.push(point.map((value) => Math.round(value * 10) / 10));
    if (this.eyes.length < 2) {
      this.cross = [Math.min(point[0] + this.size.width * 0.12, this.size.width - 1), point[1]];
      this.render();
      return;
    }
    const eyes = this.eyes.sort((a, b) => a[0] - b[0]);
    this.eyes = [];
    this.cross = [this.size.width * 0.42, this.size.height * 0.4];
    if (Math.hypot(eyes[0][0] - eyes[1][0], eyes[0][1] - eyes[1][1]) >= 2) this.taken({ eyes });
    else this.render();
  }

  // --- by keys
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.mode === "choose") {
      const face = this.faces.find((one) => String(one.face) === event.key);
      if (face) this.taken({ face: face.face });
      return;
    }
    const step = this.size.width / 100;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    if (!move && event.key !== "Enter") return;
    event.preventDefault();
    const { width, height } = this.size;
    if (this.mode === "eyes") {
      if (event.key === "Enter") return this.#eye([...this.cross]);
      const pace = event.shiftKey ? step / 4 : step;
      this.cross = [
        Math.min(Math.max(this.cross[0] + move[0] * pace, 0), width - 1),
        Math.min(Math.max(this.cross[1] + move[1] * pace, 0), height - 1),
      ];
      return this.render();
    }
    this.box ??= [width * 0.3, height * 0.2, width * 0.4, height * 0.5];
    if (event.key === "Enter") return this.#finish();
    let [x, y, w, h] = this.box;
    if (event.shiftKey) {
      w = Math.min(Math.max(w + move[0] * step, 16), width - x);
      h = Math.min(Math.max(h + move[1] * step, 16), height - y);
    } else {
      x = Math.min(Math.max(x + move[0] * step, 0), width - w);
      y = Math.min(Math.max(y + move[1] * step, 0), height - h);
    }
    this.box = [x, y, w, h];
    this.render();
  }

  // --- what is seen
  render() {
    const { width, height } = this.size;
    this.over.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const shown = [];
    for (const face of this.faces) {
      const chosen = this.choice?.face === face.face;
      shown.push(...this.#frame(face.box, chosen ? "chosen" : "other"), ...this.#tag(face, chosen));
    }
    if (this.choice?.box) shown.push(...this.#frame(this.choice.box, "chosen"));
    for (const eye of this.choice?.eyes ?? []) shown.push(...this.#crossAt(eye));
    if (this.box) shown.push(...this.#frame(this.box, "other"));
    for (const eye of this.eyes) shown.push(...this.#crossAt(eye));
    if (this.cross && this.mode === "eyes" && document.activeElement === this.stage) shown.push(...this.#crossAt(this.cross));
    this.over.replaceChildren(...shown);
  }

  #scale() {
    const frame = this.over.getBoundingClientRect();
    return frame.width ? this.size.width / frame.width : 1; // pixels of the photo in one of the screen
  }

  #frame([x, y, width, height], kind) {
    return ["", "line"].map((which) => make("rect", { x, y, width, height, class: `${which} ${kind}` }));
  }

  #tag(face, chosen) {
    const side = 22 * this.#scale();
    const [x, y] = face.box;
    const top = y >= side ? y - side : y;
    const label = make("text", { x: x + side / 2, y: top + side * 0.74, "font-size": side * 0.7, "text-anchor": "middle" });
    label.textContent = String(face.face);
    const kind = chosen ? "tag chosen" : "tag";
    return [make("rect", { x, y: top, width: side, height: side, class: kind }), label];
  }

  #crossAt([x, y]) {
    const arm = 11 * this.#scale();
    const path = `M${x - arm} ${y}H${x + arm}M${x} ${y - arm}V${y + arm}`;
    return [make("path", { d: path, class: "cross under" }), make("path", { d: path, class: "cross" })];
  }
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
