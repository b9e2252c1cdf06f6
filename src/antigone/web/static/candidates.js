// From candidate to candidate by keys.
const links = () => [...document.querySelectorAll(".candidate .open")];

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
  const all = links();
  const here = all.indexOf(document.activeElement.closest?.(".candidate")?.querySelector(".open"));
  if (event.key === "j" || event.key === "k") {
    const next = all[Math.min(Math.max(here + (event.key === "j" ? 1 : -1), 0), all.length - 1)];
    next?.focus({ preventScroll: true });
    next?.closest(".candidate").scrollIntoView({ block: "nearest" });
  } else if (event.key === "e" && here >= 0) {
    for (const more of all[here].closest(".candidate").querySelectorAll("details")) more.open = !more.open;
  } else if (event.key === "v") {
    document.querySelector("[data-view]:not([aria-current])")?.click();
  }
});
