// Nothing typed is lost: every change is kept on this computer until the server has it.
// A draft belongs to one user, one visit and one version of its panel (drafts.js removes them at
// sign-out), and carries the idempotency key of its page, so that it is never saved twice.
(() => {
  "use strict";

  const { form, texts, add, changed } = window.labForm;
  const kept = form.querySelector("[data-kept]");
  const banner = document.querySelector("[data-draft-banner]");
  const prefix = `lab-draft:${form.dataset.user}:${form.dataset.visit}:`;
  const own = () => prefix + form.elements.version.value;
  const unkept = new Set(["csrfmiddlewaretoken", "key", "version"]);

  function say(text, tone = "") {
    kept.textContent = text;
    kept.dataset.tone = tone;
  }

  // --- keeping -----------------------------------------------------------------------------------

  function fields() {
    return [...new FormData(form)].filter(([name]) => !unkept.has(name) && !name.startsWith("m-"));
  }

  let timer = 0;

  function keep() {
    clearTimeout(timer);
    timer = 0;
    if (document.body.dataset.signingOut) return;
    const draft = {
      at: new Date().toISOString(),
      key: form.elements.key.value,
      version: form.elements.version.value,
      fields: fields(),
    };
    try {
      localStorage.setItem(own(), JSON.stringify(draft));
      say(texts.kept);
    } catch {
      say(texts.notKept, "amber");
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 300);
  });
  window.addEventListener("pagehide", () => {
    if (timer && !form.dataset.sent) keep();
  });

  // --- taking back -------------------------------------------------------------------------------

  function drafts() {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(prefix));
    return names.map((name) => ({ name, ...JSON.parse(localStorage.getItem(name)) }));
  }

  function differing(draft) {
    const shown = new Map(fields());
    const wanted = new Map(draft.fields);
    const names = new Set([...shown.keys(), ...wanted.keys()]);
    return [...names].filter((name) => {
      if (/^u-/.test(name) && !wanted.get(`v-${name.slice(2)}`)?.trim()) return false;
      return (shown.get(name) ?? "") !== (wanted.get(name) ?? "");
    });
  }

  function use(draft) {
    const wanted = new Map(draft.fields);
    for (const name of wanted.keys()) {
      if (name.startsWith("v-") && !form.elements[name]) add(name.slice(2));
    }
    for (const control of form.elements) {
      if (!control.name || unkept.has(control.name) || control.name.startsWith("m-")) continue;
      if (control.type === "checkbox") control.checked = wanted.has(control.name);
      else if (wanted.has(control.name)) control.value = wanted.get(control.name);
    }
    form.elements.version.value = draft.version;
    form.elements.key.value = draft.key;
    for (const box of form.querySelectorAll("[data-row]")) {
      const said = box.querySelector("[data-missing]").value || box.querySelector("[data-comment]").value;
      if (said) box.classList.add("is-open");
    }
    changed(form.elements.collected_on);
  }

  function offer(draft, count) {
    const when = new Date(draft.at).toLocaleString(document.documentElement.lang);
    banner.querySelector("[data-draft-title]").textContent = texts.draftTitle;
    const stale = draft.version === form.dataset.version ? "" : ` ${texts.draftStale}`;
    banner.querySelector("[data-draft-text]").textContent =
      texts.draftText.replace("{when}", when).replace("{count}", count) + stale;
    banner.hidden = false;
    banner.querySelector("[data-draft-use]").addEventListener("click", () => {
      banner.hidden = true;
      use(draft);
    });
    banner.querySelector("[data-draft-discard]").addEventListener("click", () => {
      banner.hidden = true;
      localStorage.removeItem(draft.name);
    });
  }

  function begin() {
    const found = drafts().sort((a, b) => b.at.localeCompare(a.at));
    if (form.dataset.saved) {
      found.forEach((draft) => localStorage.removeItem(draft.name));
      history.replaceState(null, "", location.pathname);
      return;
    }
    if (form.dataset.bound) { keep(); return; }
    const [newest] = found;
    if (!newest) return;
    const count = differing(newest).length;
    if (count) offer(newest, count);
    else localStorage.removeItem(newest.name);
  }

  // --- sending -----------------------------------------------------------------------------------

  // First a question that changes nothing: is the server there, and am I still signed in? Only
  // then does the form leave, as any form does. Otherwise it stays, with its key, to be sent again.
  let ready = false;

  form.addEventListener("submit", async (event) => {
    if (ready) { ready = false; return; }
    event.preventDefault();
    if (form.dataset.asking) return;
    form.dataset.asking = "yes";
    keep();
    say(texts.sending);
    const limit = AbortSignal.timeout(8000);
    const body = new FormData(form);
    const answer = await fetch(form.dataset.check, { method: "POST", body, signal: limit })
      .catch(() => null);
    delete form.dataset.asking;
    if (!answer || answer.status >= 500) { say(texts.offline, "red"); return; }
    if (answer.redirected || !answer.ok) { say(texts.signedOut, "red"); return; }
    ready = true;
    form.requestSubmit(form.querySelector("[data-save]"));
  });

  window.addEventListener("offline", () => { keep(); say(texts.offline, "red"); });
  window.addEventListener("online", () => say(texts.kept));

  try {
    begin();
  } catch {
    say(texts.notKept, "amber");
  }
})();
