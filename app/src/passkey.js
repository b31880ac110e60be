(host) => {
  const known = globalThis.PublicKeyCredential;
  if (location.hostname !== host || !known?.parseRequestOptionsFromJSON) return;
  document.documentElement.dataset.passkeys = "";
  const parse = {
    create: (options) => known.parseCreationOptionsFromJSON(options),
    get: (options) => known.parseRequestOptionsFromJSON(options),
  };
  // In the capturing phase: before anything else on the page learns that the form is sent.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const { passkey, question } = form.dataset;
    if (!passkey || form.elements.credential.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const failed = form.querySelector("[data-failed]");
    failed.hidden = true;
    try {
      // Asked for now, because a question waits five minutes and a page may be open all day.
      const response = await fetch(question, { method: "POST" });
      if (response.ok) {
        const asked = (await response.json()).data;
        const credential = await navigator.credentials[passkey]({ publicKey: parse[passkey](asked.options.publicKey) });
        form.elements.question.value = asked.question;
        form.elements.credential.value = JSON.stringify(credential);
      } else {
        // The server says why when the form comes.
        form.elements.credential.value = "{}";
      }
      form.requestSubmit();
    } catch {
      failed.hidden = false;
    }
  }, true);
}
