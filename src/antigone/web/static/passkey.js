// A passkey as the second factor.
import { ask, root, say } from "./ask.js";

export const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
export const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

export async function usePasskey() {
  const options = await ask("POST", "/sign-in/passkey/ask");
  options.challenge = bytes(options.challenge);
  for (const known of options.allowCredentials ?? []) known.id = bytes(known.id);
  const made = await navigator.credentials.get({ publicKey: options });
  const { clientDataJSON, authenticatorData, signature, userHandle } = made.response;
  await ask("POST", "/sign-in/passkey", {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: text(clientDataJSON),
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    },
  });
}

for (const button of document.querySelectorAll("[data-passkey]")) {
  button.addEventListener("click", async () => {
    try {
      await usePasskey();
      window.location.assign(root + button.dataset.next);
    } catch (problem) {
      say(problem.message);
    }
  });
}
