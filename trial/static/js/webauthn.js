// Security keys: hands the server's challenge to the browser and the key's answer to the form.
// form[data-webauthn="create"|"get"] names its challenge in data-options; texts are in the page.
(() => {
  "use strict";

  const supported = Boolean(window.PublicKeyCredential && navigator.credentials);

  const bytes = (text) => {
    const padded = text.replaceAll("-", "+").replaceAll("_", "/");
    return Uint8Array.from(atob(padded), (sign) => sign.charCodeAt(0));
  };

  const text = (buffer) => {
    if (!buffer) return null;
    const signs = [...new Uint8Array(buffer)].map((byte) => String.fromCharCode(byte)).join("");
    return btoa(signs).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };

  const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  function decoded(options) {
    const key = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
    if (key.user) key.user = { ...key.user, id: bytes(key.user.id) };
    if (key.excludeCredentials) key.excludeCredentials = known(key.excludeCredentials);
    if (key.allowCredentials) key.allowCredentials = known(key.allowCredentials);
    return { publicKey: key };
  }

  function encoded(credential) {
    const { response } = credential;
    const answer = { clientDataJSON: text(response.clientDataJSON) };
    for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[part]) answer[part] = text(response[part]);
    }
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response: answer,
      clientExtensionResults: credential.getClientExtensionResults(),
    };
  }

  const show = (form, which) => {
    for (const name of ["waiting", "failed", "unsupported"]) {
      form.querySelector(`[data-key-${name}]`).hidden = name !== which;
    }
  };

  async function ask(form) {
    const options = decoded(JSON.parse(document.getElementById(form.dataset.options).textContent));
    show(form, "waiting");
    try {
      const answer = await navigator.credentials[form.dataset.webauthn](options);
      form.elements.credential.value = JSON.stringify(encoded(answer));
      form.submit();
    } catch {
      show(form, "failed");
    }
  }

  for (const form of document.querySelectorAll("form[data-webauthn]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (supported) ask(form);
      else show(form, "unsupported");
    });
  }
})();
