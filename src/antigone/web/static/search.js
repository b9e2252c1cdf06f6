// The page that a search begins on: photos in, one face chosen on each, adjusted if need be, and off they go.
import { ask, Problem, root } from "./ask.js";
import { degrees, draw, fresh, steps } from "./adjust.js";
import { Marks } from "./marks.js";

const form = document.getElementById("search");
const part = (id) => document.getElementById(id);
const words = JSON.parse(part("words").textContent);
const mostBytes = Number(form.dataset.mostBytes);
const mostPhotos = Number(form.dataset.mostPhotos);
const KNOWN = ["image/jpeg", "image/png", "image/webp", "image/gif"];

const photos = []; // { file, bitmap, address, knobs, found, choice, trouble, asking }
let current = null;
const marks = new Marks(part("stage"), part("over"), taken);
part("photos").required = false; // by script there is another way to add one, and another to complain

// --- photos come in
async function takeIn(files) {
  complain("");
  for (const file of files) {
    if (photos.length >= mostPhotos) return complain(words.too_many);
    if (file.size > mostBytes) complain(words.too_large.replace("{name}", file.name));
    else if (file.type && !KNOWN.includes(file.type)) complain(words.no_photo.replace("{name}", file.name));
    else await add(file);
  }
}

async function add(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return complain(words.no_photo.replace("{name}", file.name));
  }
  const photo = { file, bitmap, address: URL.createObjectURL(file), knobs: fresh(), found: null, choice: null, trouble: "", asking: null };
  photos.push(photo);
  choosePhoto(photo);
  await find(photo);
}

function drop(photo) {
  photo.asking?.abort();
  photo.bitmap.close();
  URL.revokeObjectURL(photo.address);
  photos.splice(photos.indexOf(photo), 1);
  choosePhoto(photos.at(-1) ?? null);
}

async function find(photo) {
  photo.asking?.abort();
  const asking = new AbortController();
  photo.asking = asking;
  photo.trouble = "";
  show();
  const sent = new FormData();
  sent.append("photo", photo.file, "photo");
  sent.append("steps", JSON.stringify(steps(photo.knobs)));
  try {
    photo.found = await ask("POST", "/faces", sent, { signal: asking.signal });
    const count = photo.found.faces.length;
    if (!photo.choice || photo.choice.face) photo.choice = count === 1 ? { face: 1 } : null;
  } catch (problem) {
    if (asking.signal.aborted) return;
    photo.found = null;
    photo.trouble = problem instanceof Problem ? problem.message : words.lost;
  }
  if (photo.asking === asking) photo.asking = null;
  show();
}

// --- what is chosen and drawn
function taken(chosen) {
  const photo = current;
  if (!photo) return;
  if (chosen.crop) {
    const [x, y, w, h] = chosen.crop.map(Math.round);
    const before = photo.knobs.crop ?? { x: 0, y: 0 };
    if (Math.min(w, h) >= 16) turnKnob({ crop: { x: before.x + x, y: before.y + y, w, h } });
    return mode("choose");
  }
  photo.choice = chosen;
  mode("choose");
  show();
}

function mode(wanted) {
  marks.enter(wanted);
  for (const button of document.querySelectorAll("[data-mode]")) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === wanted));
  }
  part("stage-help").textContent = words[`help_${wanted}`];
}

let waiting = 0;
function turnKnob(changed) {
  const photo = current;
  if (!photo) return;
  Object.assign(photo.knobs, changed);
  const moved = ["quarter", "tilt", "crop", "lines"].some((name) => name in changed);
  if (moved) photo.choice = null;
  if (moved && !("crop" in changed)) photo.knobs.crop = null;
  if (moved) photo.found = null;
  show();
  clearTimeout(waiting);
  waiting = setTimeout(() => find(photo), 350);
}

// --- what is seen
function choosePhoto(photo) {
  current = photo;
  mode("choose");
  show();
}

function show() {
  part("editor").hidden = current === null;
  list();
  if (current === null) return;
  const size = draw(part("canvas"), current.bitmap, current.knobs);
  marks.show({ size, faces: current.found?.faces ?? [], choice: current.choice });
  part("finding").textContent = state(current);
  faces();
  const { knobs } = current;
  for (const name of ["tilt", "light", "contrast"]) {
    part(name).value = knobs[name];
    document.querySelector(`output[for=${name}]`).textContent = knobs[name] ? String(knobs[name]) : "";
  }
  if (degrees(knobs)) document.querySelector("output[for=tilt]").textContent = `${degrees(knobs)}°`;
  part("lines").value = knobs.lines === null ? "" : String(knobs.lines);
}

function state(photo) {
  if (photo.trouble) return photo.trouble;
  if (photo.asking) return words.finding;
  const count = photo.found?.faces.length ?? 0;
  if (photo.choice?.box) return words.drawn;
  if (photo.choice?.eyes) return words.eyes;
  return count === 0 ? words.none : count === 1 ? words.one : words.several;
}

function list() {
  const rows = photos.map((photo, place) => {
    const row = document.createElement("li");
    const pick = document.createElement("button");
    pick.type = "button";
    pick.className = "pick";
    pick.setAttribute("aria-pressed", String(photo === current));
    pick.setAttribute("aria-label", `${words.photo} ${place + 1}: ${state(photo)}`);
    const picture = document.createElement("img");
    picture.src = photo.address;
    picture.alt = "";
    pick.append(picture);
    pick.addEventListener("click", () => choosePhoto(photo));
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "remove";
    remove.textContent = "×";
    remove.setAttribute("aria-label", `${words.remove}: ${words.photo} ${place + 1}`);
    remove.addEventListener("click", () => drop(photo));
    const said = document.createElement("span");
    said.className = "state";
    said.textContent = photo.choice ? "✓" : photo.asking ? "…" : "?";
    said.setAttribute("aria-hidden", "true");
    row.append(pick, remove, said);
    return row;
  });
  const active = document.activeElement;
  const place = [...part("taken").querySelectorAll("button.pick")].indexOf(active);
  part("taken").replaceChildren(...rows);
  if (place >= 0) part("taken").querySelectorAll("button.pick")[place]?.focus();
}

function faces() {
  const found = current.found?.faces ?? [];
  part("found").hidden = found.length === 0;
  const kept = part("found-list").querySelectorAll("input");
  const same = kept.length === found.length && [...kept].every((input, i) => Number(input.value) === found[i].face);
  if (!same) {
    part("found-list").replaceChildren(
      ...found.map((face) => {
        const label = document.createElement("label");
        label.className = "choice";
        const input = document.createElement("input");
        input.type = "radio";
        input.name = "which-face";
        input.value = face.face;
        input.addEventListener("change", () => taken({ face: face.face }));
        const said = document.createElement("span");
        said.className = "number";
        label.append(input, said);
        return label;
      }),
    );
  }
  part("found-list").querySelectorAll("label").forEach((label, i) => {
    label.querySelector("span").textContent = `${words.face} ${found[i].face}, ${words.quality} ${Math.round(found[i].quality)}`;
    label.querySelector("input").checked = current.choice?.face === found[i].face;
  });
}

function complain(text) {
  const place = part("trouble");
  place.hidden = !text;
  place.textContent = text;
  if (text) place.focus();
}

// --- off they go
async function search() {
  complain("");
  if (photos.length === 0) return complain(words.no_photos);
  const open = photos.find((photo) => !photo.choice);
  if (open) {
    choosePhoto(open);
    return complain(open.trouble || words.choose_first);
  }
  if (!form.reportValidity()) return;
  const sent = new FormData(form);
  for (const name of ["photos", "which-face"]) sent.delete(name);
  for (const photo of photos) sent.append("photos", photo.file, photo.file.name || "photo");
  const said = photos.map(({ choice, knobs }) => ({ ...choice, steps: steps(knobs) }));
  sent.append("probe", JSON.stringify(said));
  busy(true);
  try {
    const made = await send(sent);
    part("stage-words").textContent = words.opening;
    window.location.assign(`${root}/cases/${made.case}/searches/${made.search}`);
  } catch (problem) {
    busy(false);
    complain(problem instanceof Problem ? problem.message : words.lost);
  }
}

// As `ask`, but it tells how much was sent: on a slow link that is most of the wait.
function send(content) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${root}/api/v1/searches`);
    request.setRequestHeader("X-Antigone", "1");
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      part("bar").max = total;
      part("bar").value = loaded;
    });
    request.upload.addEventListener("load", () => {
      part("bar").removeAttribute("value");
      part("stage-words").textContent = words.comparing;
    });
    request.addEventListener("load", () => {
      if (request.status === 201) return resolve(request.response);
      if (request.status === 401) window.location.assign(`${root}/sign-in?next=/search`);
      reject(new Problem(request.status, request.response ?? { detail: request.statusText }));
    });
    request.addEventListener("error", () => reject(new Error("network")));
    request.send(content);
  });
}

function busy(on) {
  part("go").disabled = on;
  part("progress").hidden = !on;
  part("bar").value = 0;
  part("stage-words").textContent = on ? words.sending : "";
}

// --- hands and keys
form.addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});
for (const id of ["photos", "camera"]) {
  part(id).addEventListener("change", (event) => {
    const files = [...event.target.files];
    event.target.value = "";
    takeIn(files);
  });
}
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length) takeIn(files);
});
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  part("drop").classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) part("drop").classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  part("drop").classList.remove("over");
  takeIn([...(event.dataTransfer?.files ?? [])]);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    search();
  } else if (/^[1-9]$/.test(event.key) && current && !event.target.closest("input, select, textarea, dialog, #stage")) {
    const face = current.found?.faces.find((one) => String(one.face) === event.key);
    if (face) taken({ face: face.face });
  }
});
for (const button of document.querySelectorAll("[data-mode]")) {
  button.addEventListener("click", () => {
    mode(button.dataset.mode);
    part("stage").focus();
    marks.render();
  });
}
for (const name of ["tilt", "light", "contrast"]) {
  part(name).addEventListener("input", (event) => turnKnob({ [name]: Number(event.target.value) }));
}
for (const button of document.querySelectorAll("[data-quarter]")) {
  button.addEventListener("click", () => {
    if (current) turnKnob({ quarter: current.knobs.quarter + Number(button.dataset.quarter) });
  });
}
part("lines").addEventListener("change", (event) => {
  turnKnob({ lines: event.target.value === "" ? null : Number(event.target.value) });
});
part("reset").addEventListener("click", () => turnKnob(fresh()));
part("stage").addEventListener("focus", () => marks.render());
window.addEventListener("resize", () => marks.render());
window.addEventListener("pagehide", () => photos.forEach((photo) => URL.revokeObjectURL(photo.address)));
window.addEventListener("pageshow", (event) => {
  if (event.persisted) busy(false); // the browser brought the page back as it was
});
