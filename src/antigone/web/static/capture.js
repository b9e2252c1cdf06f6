// Photographs in, a search out. What is not sent yet waits in the memory of this page, and nowhere else.
import { ask, root, say } from "./ask.js";
import { hasCamera, openCamera } from "./camera.js";

const words = JSON.parse(document.getElementById("capture-words").textContent);
const form = document.getElementById("capture");
const list = document.getElementById("outgoing");
const waits = [1, 2, 4, 8, 15]; // seconds between two tries
const unsent = new Set();

// Sleeps until it is time to try again, or until the device says that there is a link.
function untilLink(seconds) {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      window.removeEventListener("online", wake);
      resolve();
    };
    const timer = setTimeout(wake, 1000 * seconds);
    window.addEventListener("online", wake);
  });
}

function newRow(caseNumber, pictures) {
  const row = document.createElement("li");
  const state = document.createElement("span");
  const about = document.createElement("span");
  state.className = "state";
  about.className = "soft small";
  about.textContent = ` ${caseNumber} · ${words.pictures.replace("{number}", pictures)} `;
  row.append(state, about);
  list.prepend(row);
  return { row, state };
}

function tell({ row, state }, name, detail = "") {
  row.dataset.state = name;
  state.textContent = detail ? `${words[name]}: ${detail}` : words[name];
}

async function send(caseNumber, blobs) {
  const shown = newRow(caseNumber, blobs.length);
  const key = crypto.randomUUID(); // sent again with the same key, it is answered again, not searched again
  let held = blobs;
  unsent.add(key);
  for (let attempt = 0; ; attempt += 1) {
    tell(shown, "sending");
    const body = new FormData();
    body.append("case", caseNumber);
    held.forEach((blob, place) => body.append("photos", blob, `picture-${place + 1}.jpg`));
    try {
      const made = await ask("POST", "/searches", body, {
        headers: { "Idempotency-Key": key },
        signal: AbortSignal.timeout(60_000),
      });
      tell(shown, "answered");
      const link = document.createElement("a");
      link.href = `${root}/cases/${made.case}/searches/${made.search}`;
      link.className = "button main wide";
      link.textContent = words.answered;
      shown.row.append(link);
      if (unsent.size === 1) window.location.assign(link.href);
      break;
    } catch (problem) {
      if (problem.status && problem.status !== 429 && problem.status < 500 && problem.code !== "conflict") {
        tell(shown, "refused", problem.code === "several-faces" ? words.several : problem.message);
        break;
      }
      tell(shown, "waiting");
      await untilLink(waits[Math.min(attempt, waits.length - 1)]);
    }
  }
  held = null;
  unsent.delete(key);
}

document.getElementById("open-camera")?.addEventListener("click", async () => {
  if (!hasCamera) {
    window.location.assign(`${root}/search`);
    return;
  }
  const blobs = await openCamera({ many: true });
  if (blobs.length) send(form.elements.case.value, blobs.slice(0, Number(form.dataset.most)));
});

window.addEventListener("beforeunload", (event) => {
  if (unsent.size) {
    say(words.leave);
    event.preventDefault();
  }
});

if ("serviceWorker" in navigator) navigator.serviceWorker.register(`${root}/worker.js`, { scope: `${root}/` });
