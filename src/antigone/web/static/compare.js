// Probe and candidate beside each other or on top of each other. What is done here changes the view alone.
const part = (id) => document.getElementById(id);
const viewer = part("viewer");
const panes = part("panes");
const sides = JSON.parse(part("sides").textContent);
const NAMES = ["probe", "candidate"];
const LAYOUTS = ["beside", "wipe", "fade", "blink"];
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

const plain = () => ({ zoom: 1, x: 0, y: 0, turn: 0, flip: 1, light: 100, contrast: 100 });
const views = { probe: plain(), candidate: plain() };
const pictures = Object.fromEntries(
  NAMES.map((name) => [name, document.querySelector(`.pane[data-side=${name}] img`)]),
);
const where = { probe: sides.probe[0] ?? {}, candidate: sides.candidate ?? {} };
const on = { align: true, sync: true, grid: false };
let layout = "beside";
let blinking = 0;

// Turn pixels of a picture into a plane in which faces are upright, of one size, and centred.
function faceUp(name) {
  const picture = pictures[name];
  const { width, box, eyes } = where[name];
  const shrunk = width ? picture.naturalWidth / width : 1;
  const matrix = new DOMMatrix();
  if (eyes && on.align) {
    const [[rx, ry], [lx, ly]] = eyes.map((eye) => eye.map((value) => value * shrunk));
    const apart = Math.max(Math.hypot(lx - rx, ly - ry), 1);
    const angle = (Math.atan2(ly - ry, lx - rx) * 180) / Math.PI;
    return matrix.translate(0, -0.08).scale(0.24 / apart).rotate(-angle).translate(-(rx + lx) / 2, -(ry + ly) / 2);
  }
  if (box) {
    const [x, y, w, h] = box.map((value) => value * shrunk);
    return matrix.scale(0.62 / Math.max(w, h)).translate(-x - w / 2, -y - h / 2);
  }
  const longest = Math.max(picture.naturalWidth, picture.naturalHeight);
  return matrix.scale(0.95 / longest).translate(-picture.naturalWidth / 2, -picture.naturalHeight / 2);
}

function place(name) {
  const picture = pictures[name];
  if (!picture?.naturalWidth) return;
  const frame = picture.parentElement.getBoundingClientRect();
  const unit = Math.min(frame.width, frame.height);
  const view = views[name];
  const matrix = new DOMMatrix()
    .translate(frame.width / 2 + view.x * unit, frame.height / 2 + view.y * unit)
    .scale(unit * view.zoom)
    .scale(view.flip, 1)
    .rotate(view.turn)
    .multiply(faceUp(name));
  picture.style.transform = matrix.toString();
  picture.style.filter = view.light === 100 && view.contrast === 100 ? "none" : `brightness(${view.light}%) contrast(${view.contrast}%)`;
  picture.classList.add("placed");
}

let drawn = 0;
function render() {
  cancelAnimationFrame(drawn);
  drawn = requestAnimationFrame(() => NAMES.forEach(place));
}

// --- moving
const moved = (name) => (on.sync || layout !== "beside" ? NAMES : [name]);
function move(name, change) {
  for (const one of moved(name)) change(views[one]);
  render();
}

function zoom(name, factor, at = [0, 0]) {
  move(name, (view) => {
    const zoomed = Math.min(Math.max(view.zoom * factor, 0.2), 40);
    const real = zoomed / view.zoom;
    view.x = at[0] + (view.x - at[0]) * real;
    view.y = at[1] + (view.y - at[1]) * real;
    view.zoom = zoomed;
  });
}

function sideOf(event) {
  if (layout !== "beside") return "candidate";
  return document.elementFromPoint(event.clientX, event.clientY)?.closest(".pane")?.dataset.side ?? "probe";
}

function unitAt(event, name) {
  const frame = document.querySelector(`.pane[data-side=${name}]`).getBoundingClientRect();
  const unit = Math.min(frame.width, frame.height);
  return { unit, at: [(event.clientX - frame.left - frame.width / 2) / unit, (event.clientY - frame.top - frame.height / 2) / unit] };
}

const fingers = new Map();
let held = "probe";
panes.addEventListener("pointerdown", (event) => {
  if (event.button > 0) return;
  if (fingers.size === 0) held = sideOf(event);
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  panes.setPointerCapture(event.pointerId);
});
panes.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const now = [event.clientX, event.clientY];
  const { unit, at } = unitAt(event, held);
  if (fingers.size === 1) {
    move(held, (view) => {
      view.x += (now[0] - before[0]) / unit;
      view.y += (now[1] - before[1]) / unit;
    });
  } else if (fingers.size === 2) {
    const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
    const apart = (a) => Math.max(Math.hypot(a[0] - other[0], a[1] - other[1]), 1);
    zoom(held, apart(now) / apart(before), at);
  }
  fingers.set(event.pointerId, now);
});
for (const name of ["pointerup", "pointercancel"]) panes.addEventListener(name, (event) => fingers.delete(event.pointerId));
panes.addEventListener("wheel", (event) => {
  event.preventDefault();
  const name = sideOf(event);
  zoom(name, Math.exp(-event.deltaY / (event.deltaMode ? 20 : 400)), unitAt(event, name).at);
}, { passive: false });
panes.addEventListener("dblclick", (event) => {
  const name = sideOf(event);
  zoom(name, 2, unitAt(event, name).at);
});

// --- layouts
function lay(wanted) {
  layout = wanted;
  viewer.dataset.layout = wanted;
  for (const button of document.querySelectorAll("button[data-layout]")) {
    button.setAttribute("aria-pressed", String(button.dataset.layout === wanted));
  }
  if (wanted !== "beside") Object.assign(views.candidate, { zoom: views.probe.zoom, x: views.probe.x, y: views.probe.y });
  clearInterval(blinking);
  if (wanted === "blink") blinking = setInterval(blink, still.matches ? 2000 : 700); // under three flashes a second
  mix();
  render();
}

let seen = true;
function blink() {
  seen = !seen;
  mix();
}

function mix() {
  const top = document.querySelector(".pane[data-side=candidate]");
  const share = Number(part("mix").value);
  top.style.clipPath = layout === "wipe" ? `inset(0 0 0 ${100 - share}%)` : "none";
  top.style.opacity = layout === "fade" ? String(share / 100) : layout === "blink" && !seen ? "0" : "1";
}

// --- tools
const targets = () => (part("target").value === "both" ? NAMES : [part("target").value]);
function change(changes) {
  for (const name of targets()) changes(views[name]);
  render();
}

function toggle(name) {
  on[name] = !on[name];
  document.querySelector(`[data-toggle=${name}]`).setAttribute("aria-pressed", String(on[name]));
  viewer.classList.toggle("gridded", on.grid);
  render();
}

function act(what) {
  const quarter = (by) => change((view) => (view.turn += by));
  const acts = {
    in: () => zoom("probe", 1.25),
    out: () => zoom("probe", 0.8),
    left: () => quarter(-90),
    right: () => quarter(90),
    flip: () => change((view) => (view.flip = -view.flip)),
    reset: () => {
      Object.assign(views, { probe: plain(), candidate: plain() });
      for (const [id, value] of [["turn", 0], ["light", 100], ["contrast", 100]]) part(id).value = value;
      render();
    },
  };
  acts[what]();
}

for (const button of document.querySelectorAll("[data-do]")) button.addEventListener("click", () => act(button.dataset.do));
for (const button of document.querySelectorAll("[data-toggle]")) button.addEventListener("click", () => toggle(button.dataset.toggle));
for (const button of document.querySelectorAll("button[data-layout]")) button.addEventListener("click", () => lay(button.dataset.layout));
for (const button of document.querySelectorAll("[data-probe]")) {
  button.addEventListener("click", () => {
    where.probe = sides.probe[Number(button.dataset.probe)];
    pictures.probe.src = document.body.dataset.root + where.probe.picture;
    for (const other of document.querySelectorAll("[data-probe]")) other.setAttribute("aria-pressed", String(other === button));
  });
}
part("mix").addEventListener("input", mix);
let tilt = 0;
part("turn").addEventListener("input", (event) => {
  const by = Number(event.target.value) - tilt;
  tilt += by;
  change((view) => (view.turn += by));
});
part("light").addEventListener("input", (event) => change((view) => (view.light = Number(event.target.value))));
part("contrast").addEventListener("input", (event) => change((view) => (view.contrast = Number(event.target.value))));

// --- keys
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") return part("decision")?.requestSubmit();
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=radio]), select, textarea, dialog")) return;
  const keys = {
    "+": () => act("in"),
    "=": () => act("in"),
    "-": () => act("out"),
    0: () => act("reset"),
    o: () => lay(LAYOUTS[(LAYOUTS.indexOf(layout) + 1) % LAYOUTS.length]),
    a: () => toggle("align"),
    s: () => toggle("sync"),
    d: () => toggle("grid"),
    r: () => act("right"),
    f: () => act("flip"),
    n: () => part("after")?.click(),
    p: () => part("before")?.click(),
  };
  if (event.key in ARROWS && (event.target === panes || event.target === document.body)) {
    event.preventDefault();
    const [x, y] = ARROWS[event.key];
    move("probe", (view) => Object.assign(view, { x: view.x + x * 0.05, y: view.y + y * 0.05 }));
  } else if (event.key >= "1" && event.key <= "3") {
    const verdict = document.querySelectorAll("[name=verdict]")[Number(event.key) - 1];
    if (verdict) {
      verdict.checked = true;
      verdict.focus();
    }
  } else {
    keys[event.key]?.();
  }
});

for (const picture of Object.values(pictures)) {
  if (!picture) continue;
  picture.addEventListener("load", render);
  if (picture.complete) render();
}
new ResizeObserver(render).observe(panes);
