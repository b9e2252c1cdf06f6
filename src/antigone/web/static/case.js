// Shortcuts of a case: s searches in it, n writes a note.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented) return; // "g s" goes to the search of no case in particular
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
  if (event.key === "s") document.getElementById("to-search")?.click();
  if (event.key === "n") {
    const note = document.getElementById("note-text");
    if (!note) return;
    event.preventDefault();
    note.focus();
    note.scrollIntoView({ block: "center" });
  }
});
