// Handing files in: one after the other, then the import is followed until it ends.
import { ask, say } from "./ask.js";

const form = document.getElementById("intake");
const list = document.getElementById("intakes");
const words = JSON.parse(document.getElementById("intake-words").textContent);
const number = new Intl.NumberFormat(document.documentElement.lang);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function newRow() {
  const row = document.getElementById("intake-row").content.firstElementChild.cloneNode(true);
  list.prepend(row);
  return row;
}

function refuse(row, name, message) {
  const item = document.createElement("li");
  item.textContent = `${name}: ${message}`;
  row.querySelector(".refused").append(item);
}

function show(row, said) {
  const { progress } = said;
  const what = [words.states[said.state], fill(words.files, { files: number.format(said.files) })];
  row.querySelector("[data-what]").textContent = what.join(" · ");
  if (progress.photos) {
    const { photos, faces } = progress;
    const values = { ...photos, faces };
    for (const name of Object.keys(values)) values[name] = number.format(values[name]);
    row.querySelector("[data-counts]").textContent = fill(words.counts, values);
  }
  const bar = row.querySelector("progress");
  const share = progress.total ? progress.done / progress.total : progress.share;
  if (said.finished_at) bar.value = 1;
  else if (share === null || share === undefined) bar.removeAttribute("value");
  else bar.value = share;
  const rate = [];
  if (!said.finished_at && progress.rate) rate.push(fill(words.rate, { rate: number.format(progress.rate) }));
  if (!said.finished_at && progress.seconds_left) {
    rate.push(fill(words.left, { seconds: number.format(progress.seconds_left) }));
  }
  row.querySelector("[data-rate]").textContent = rate.join(" · ");
  if (said.error) refuse(row, said.error.code, said.error.message);
}

async function follow(row, intake) {
  for (;;) {
    try {
      const said = await ask("GET", `/intakes/${intake}`);
      show(row, said);
      if (said.finished_at) return said;
    } catch (problem) {
      if (problem.status) {
        refuse(row, problem.code, problem.message);
        return null;
      }
      row.querySelector("[data-rate]").textContent = words.lost; // the import goes on without us
    }
    await pause(700);
  }
}

async function send(files) {
  const row = newRow();
  const bar = row.querySelector("progress");
  try {
    const { intake } = await ask("POST", `/collections/${encodeURIComponent(form.dataset.collection)}/intakes`);
    let done = 0;
    let kept = 0;
    for (const file of files) {
      row.querySelector("[data-what]").textContent = fill(words.sending, { done, total: files.length });
      bar.value = done / files.length;
      try {
        await sendOne(intake, file);
        kept += 1;
      } catch (problem) {
        refuse(row, file.name, problem.message);
      }
      done += 1;
    }
    if (kept === 0) {
      bar.value = 0;
      return;
    }
    await ask("POST", `/intakes/${intake}/import`);
    const said = await follow(row, intake);
    if (said?.state === "done" && !row.querySelector(".refused li")) window.location.reload();
  } catch (problem) {
    refuse(row, "", problem.message);
  }
}

// A file is sent again for a while when the link breaks; a refusal is final.
async function sendOne(intake, file) {
  const body = new Blob([file], { type: "application/octet-stream" });
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ask("POST", `/intakes/${intake}/files?name=${encodeURIComponent(file.name)}`, body);
      return;
    } catch (problem) {
      if (problem.status || attempt === 5) throw problem;
      say(words.lost);
      await pause(1000 * attempt);
    }
  }
}

form.addEventListener("submit", (event) => event.preventDefault());
const picker = document.getElementById("files");
picker.addEventListener("change", () => {
  const files = [...picker.files];
  picker.value = "";
  if (files.length) send(files);
});
const drop = form.querySelector(".drop");
for (const kind of ["dragover", "dragleave", "drop"]) {
  drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) send([...event.dataTransfer.files]);
  });
}
for (const said of words.running.toReversed()) {
  if (said.state === "receiving") continue;
  const row = newRow();
  show(row, said);
  if (!said.finished_at) follow(row, said.intake);
}
