// What every page does: local times, shortcuts, dialogs, menus that close.
import { root } from "./ask.js";

for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.getTime())) continue;
  const local = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  time.title = `${local.format(at)} (${Intl.DateTimeFormat().resolvedOptions().timeZone})`;
}

for (const opener of document.querySelectorAll("[data-open]")) {
  opener.addEventListener("click", () => document.getElementById(opener.dataset.open)?.showModal());
}

const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});

// A change is asked about once more where it says so.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm ?? event.submitter?.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

let gone = -Infinity; // when "g" was typed; times begin at 0 with each page
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of menus()) menu.open = false;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
  if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  } else if (event.timeStamp - gone < 1500) {
    gone = -Infinity;
    const place = document.querySelector(`[data-go="${CSS.escape(event.key.toLowerCase())}"]`);
    if (place) {
      event.preventDefault();
      window.location.assign(place.href);
    }
  } else if (event.key === "g") {
    gone = event.timeStamp;
  }
});

// A picture that may be missing takes its place away with it.
for (const picture of document.querySelectorAll("img[data-optional]")) {
  picture.addEventListener("error", () => picture.remove());
}

document.querySelector("main [role=alert]")?.focus();
export { root };
