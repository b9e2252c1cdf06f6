// The drawing of who appears beside the person: choosing a circle, moving by arrow keys, hiding rare ones.
const graph = document.querySelector("[data-graph]");
if (graph) {
  const svg = graph.querySelector("svg");
  const nodes = [...svg.querySelectorAll("[data-node]")];
  const edges = [...svg.querySelectorAll(".edge")];
  const rows = new Map([...document.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row]));
  const told = graph.querySelector("p.picked");
  let pinned = null;

  const show = (name) => {
    const near = new Set();
    for (const edge of edges) {
      const { a, b } = edge.dataset;
      const touches = name !== null && (a === name || b === name) && !edge.hasAttribute("hidden");
      edge.classList.toggle("near", touches);
      if (touches) near.add(a === name ? b : a);
    }
    svg.classList.toggle("choosing", name !== null);
    for (const node of nodes) {
      node.classList.toggle("picked", node.dataset.node === name);
      node.classList.toggle("near", near.has(node.dataset.node));
    }
    for (const [key, row] of rows) row.classList.toggle("picked", key === name);
    return near;
  };

  const say = (node) => {
    const near = [...show(node.dataset.node)].filter((name) => name !== "person");
    const rest = near.length ? `${told.dataset.also}: ${near.join(", ")}.` : told.dataset.alone;
    told.textContent = `${node.getAttribute("aria-label")}. ${rest}`;
  };

  const pick = (node) => {
    pinned = pinned === node ? null : node;
    if (pinned) return say(pinned);
    told.textContent = "";
    show(null);
  };

  for (const node of nodes) {
    node.addEventListener("pointerenter", () => show(node.dataset.node));
    node.addEventListener("pointerleave", () => show(pinned?.dataset.node ?? null));
    node.addEventListener("focus", () => show(node.dataset.node));
    node.addEventListener("blur", () => show(pinned?.dataset.node ?? null));
    node.addEventListener("click", (event) => {
      event.preventDefault();
      pick(node);
    });
    node.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        const shown = nodes.filter((one) => !one.hasAttribute("hidden"));
        shown[(shown.indexOf(node) + step + shown.length) % shown.length].focus();
      } else if (event.key === " ") {
        event.preventDefault();
        pick(node);
      } else if (event.key === "Escape" && pinned) {
        pick(pinned);
      }
    });
  }

  const focused = nodes.find((node) => node === document.activeElement); // before this script came
  if (focused) show(focused.dataset.node);

  const least = graph.querySelector("#least");
  if (Number(least.max) > 1) {
    least.closest(".least").hidden = false;
    least.addEventListener("input", () => {
      graph.querySelector("#least-now").value = least.value;
      const hidden = new Set();
      for (const one of [...nodes, ...rows.values()]) {
        const rare = Number(one.dataset.photos) < Number(least.value);
        one.toggleAttribute("hidden", rare);
        if (rare) hidden.add(one.dataset.node ?? one.dataset.row);
      }
      for (const edge of edges) edge.toggleAttribute("hidden", hidden.has(edge.dataset.a) || hidden.has(edge.dataset.b));
    });
  }
}
