// The identity check: previews, the camera, and the lists that the chosen case permits.
import { hasCamera, openCamera } from "./camera.js";

const form = document.getElementById("check");
const lists = JSON.parse(form?.dataset.lists ?? "{}");

function preview(input) {
  const picture = input.closest(".shot").querySelector(".preview img");
  if (picture.src) URL.revokeObjectURL(picture.src);
  const [file] = input.files;
  picture.hidden = !file;
  if (file) picture.src = URL.createObjectURL(file);
}

if (form) {
  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => preview(input));
  }
  for (const opener of form.querySelectorAll("[data-camera]")) {
    opener.hidden = !hasCamera;
    opener.addEventListener("click", async () => {
      const [blob] = await openCamera();
      if (!blob) return;
      const input = document.getElementById(opener.dataset.camera);
      const filled = new DataTransfer();
      filled.items.add(new File([blob], `${opener.dataset.camera}.jpg`, { type: "image/jpeg" }));
      input.files = filled.files;
      preview(input);
    });
  }
  const list = form.elements.list;
  const none = list.options[0];
  form.elements.case.addEventListener("change", () => {
    const names = lists[form.elements.case.value] ?? [];
    list.replaceChildren(none, ...names.map((name) => new Option(name)));
  });
}
document.querySelector(".answer")?.scrollIntoView();
