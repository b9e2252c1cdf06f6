// Adding a passkey: the browser makes it, the server keeps its public key.
import { ask, say } from "./ask.js";
import { bytes, text } from "./passkey.js";

const form = document.getElementById("new-passkey");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const options = await ask("POST", "/me/passkeys/offer");
    options.challenge = bytes(options.challenge);
    options.user.id = bytes(options.user.id);
    for (const known of options.excludeCredentials ?? []) known.id = bytes(known.id);
    const made = await navigator.credentials.create({ publicKey: options });
    await ask("POST", "/me/passkeys", {
      label: form.elements.label.value,
      credential: {
        id: made.id,
        rawId: text(made.rawId),
        type: made.type,
        response: {
          clientDataJSON: text(made.response.clientDataJSON),
          attestationObject: text(made.response.attestationObject),
        },
      },
    });
    say(form.dataset.done);
    window.location.reload();
  } catch (problem) {
    say(problem.message);
  }
});
