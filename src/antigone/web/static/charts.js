// A chart as a file of its own, with the colours that it is shown in.
for (const button of document.querySelectorAll("[data-save]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = document.getElementById(button.dataset.save);
    const copy = shown.cloneNode(true);
    const parts = shown.querySelectorAll("rect, text, line");
    copy.querySelectorAll("rect, text, line").forEach((part, place) => {
      const style = getComputedStyle(parts[place]);
      for (const name of ["fill", "stroke", "font-size", "font-family"]) {
        part.setAttribute(name, style.getPropertyValue(name));
      }
    });
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    const link = document.createElement("a");
    const text = new XMLSerializer().serializeToString(copy);
    link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    link.download = `${button.dataset.name}.svg`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
