// The camera with help to frame a face. Pictures stay in the memory of this page until they are sent.
import { ask } from "./ask.js";

const LOOK_EVERY = 700; // ms between two looks for a face
const LOOK_WIDTH = 480; // pixels of the small picture that is looked at
const SMALL = 0.22; // a face below this share of the picture's height is too small
const BLURRED = 60; // variance of the Laplacian below which a face is not sharp
const DARK = 55;
const BRIGHT = 215; // mean light of the face, 0 to 255
const FACE_SIDE = 128; // sharpness is measured at one size, or it would depend on the distance

const dialog = document.getElementById("camera-dialog");
const words = JSON.parse(document.getElementById("camera-words").textContent);
const video = dialog.querySelector("video");
const advice = dialog.querySelector(".advice");
const box = dialog.querySelector(".box");
const thumbs = dialog.querySelector(".thumbs");
const button = (name) => dialog.querySelector(`[data-act=${name}]`);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

let stream = null;
let facing = "environment";
let shots = []; // {blob, url}
let several = false;
let answer = null; // resolves what openCamera promised
let looking = 0;

function paint(source, width, height, [x, y, w, h] = [0, 0, source.videoWidth, source.videoHeight]) {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(source, x, y, w, h, 0, 0, width, height);
  return canvas;
}

// Mean light, and variance of the Laplacian: the usual measure of focus (Pech-Pacheco et al., 2000).
export function measure(canvas) {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const grey = new Float32Array(width * height);
  let light = 0;
  for (let i = 0; i < grey.length; i += 1) {
    grey[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
    light += grey[i];
  }
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      const bend = 4 * grey[at] - grey[at - 1] - grey[at + 1] - grey[at - width] - grey[at + width];
      sum += bend;
      squares += bend * bend;
      count += 1;
    }
  }
  return { light: light / grey.length, sharpness: squares / count - (sum / count) ** 2 };
}

function sign(name, state) {
  const item = dialog.querySelector(`[data-sign=${name}]`);
  item.dataset.state = state;
  item.querySelector("b").textContent = { good: "●", bad: "✕", open: "○" }[state];
}

async function look() {
  if (!video.videoWidth) return;
  const height = Math.round((LOOK_WIDTH * video.videoHeight) / video.videoWidth);
  const small = paint(video, LOOK_WIDTH, height);
  const form = new FormData();
  form.append("photo", await small.convertToBlob({ type: "image/jpeg", quality: 0.8 }), "frame.jpg");
  let faces;
  try {
    ({ faces } = await ask("POST", "/faces", form, { signal: AbortSignal.timeout(4000) }));
  } catch (problem) {
    if (problem.status === 422) faces = [];
    else {
      for (const name of ["face", "size", "sharp", "light"]) sign(name, "open");
      advice.textContent = words.offline;
      return;
    }
  }
  if (!faces.length) {
    box.setAttribute("width", 0);
    sign("face", "bad");
    for (const name of ["size", "sharp", "light"]) sign(name, "open");
    advice.textContent = words.none;
    return;
  }
  const [x, y, w, h] = faces[0].box;
  for (const [name, value] of [["x", x / LOOK_WIDTH], ["y", y / height], ["width", w / LOOK_WIDTH], ["height", h / height]]) {
    box.setAttribute(name, 100 * value);
  }
  const scale = video.videoWidth / LOOK_WIDTH;
  const face = paint(video, FACE_SIDE, FACE_SIDE, [x * scale, y * scale, w * scale, h * scale]);
  const { light, sharpness } = measure(face);
  const large = h / height >= SMALL;
  const alone = faces.length === 1 || faces[1].box[3] < 0.6 * h;
  sign("face", alone ? "good" : "bad");
  sign("size", large ? "good" : "bad");
  sign("sharp", sharpness >= BLURRED ? "good" : "bad");
  sign("light", light >= DARK && light <= BRIGHT ? "good" : "bad");
  if (!alone) advice.textContent = words.several;
  else if (!large) advice.textContent = words.small;
  else if (light < DARK) advice.textContent = words.dark;
  else if (light > BRIGHT) advice.textContent = words.bright;
  else if (sharpness < BLURRED) advice.textContent = words.blurred;
  else advice.textContent = words.good;
}

async function keepLooking(turn) {
  while (looking === turn && dialog.open) {
    await look();
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

async function start() {
  stop();
  const wanted = { video: { facingMode: facing, width: { ideal: 1920 }, height: { ideal: 1080 } }, audio: false };
  try {
    stream = await navigator.mediaDevices.getUserMedia(wanted);
  } catch (problem) {
    advice.textContent = fill(words.refused, { reason: problem.message });
    return;
  }
  video.srcObject = stream;
  await video.play();
  const [track] = stream.getVideoTracks();
  button("torch").hidden = !track.getCapabilities?.().torch;
  const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === "videoinput");
  button("turn").hidden = cameras.length < 2;
  looking += 1;
  keepLooking(looking);
}

function stop() {
  looking += 1;
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  video.srcObject = null;
}

function showShots() {
  thumbs.replaceChildren(
    ...shots.map((shot, place) => {
      const remove = document.createElement("button");
      const picture = document.createElement("img");
      remove.type = "button";
      remove.className = "thumb-shot";
      remove.setAttribute("aria-label", fill(words.remove, { number: place + 1 }));
      picture.src = shot.url;
      picture.alt = fill(words.shot, { number: place + 1 });
      remove.append(picture);
      remove.addEventListener("click", () => {
        URL.revokeObjectURL(shot.url);
        shots.splice(place, 1);
        showShots();
      });
      return remove;
    }),
  );
  button("done").hidden = shots.length === 0;
}

async function take() {
  if (!video.videoWidth) return;
  const canvas = paint(video, video.videoWidth, video.videoHeight);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
  shots.push({ blob, url: URL.createObjectURL(blob) });
  if (several) showShots();
  else finish();
}

function finish() {
  const taken = shots;
  shots = [];
  for (const shot of taken) URL.revokeObjectURL(shot.url);
  dialog.close();
  answer?.(taken.map((shot) => shot.blob));
  answer = null;
}

button("take").addEventListener("click", take);
button("done").addEventListener("click", finish);
button("close").addEventListener("click", () => {
  for (const shot of shots) URL.revokeObjectURL(shot.url);
  shots = [];
  finish();
});
button("turn").addEventListener("click", () => {
  facing = facing === "user" ? "environment" : "user";
  start();
});
button("torch").addEventListener("click", async () => {
  const on = button("torch").getAttribute("aria-pressed") !== "true";
  await stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: on }] });
  button("torch").setAttribute("aria-pressed", String(on));
});
dialog.addEventListener("close", stop);
dialog.addEventListener("cancel", () => {
  shots = [];
  answer?.([]);
  answer = null;
});

export const hasCamera = Boolean(navigator.mediaDevices?.getUserMedia);

// Opens the camera; resolves to the pictures that were taken (Blobs), none when it was closed.
export function openCamera({ many = false } = {}) {
  several = many;
  shots = [];
  showShots();
  advice.textContent = "";
  dialog.showModal();
  start();
  return new Promise((resolve) => (answer = resolve));
}
