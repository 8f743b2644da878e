// What every page does: says when a request fails, asks before grave acts, keeps typed data,
// warns before the session ends. No text is written here: see templates/_partials/texts.html.
(() => {
  "use strict";

  const texts = document.getElementById("app-texts").dataset;
  const toasts = document.getElementById("toasts");
  const { idleSeconds, keepAlive, signIn } = document.body.dataset;

  // --- toasts ----------------------------------------------------------------------------------

  function action(label, act, href) {
    const button = document.createElement(href ? "a" : "button");
    button.className = "btn btn-sm";
    button.textContent = label;
    if (href) {
      button.href = href;
      button.target = "_blank";
      button.rel = "noopener";
    } else {
      button.type = "button";
    }
    button.addEventListener("click", act);
    return button;
  }

  // toast(text, {calm, label, act, href}): one line at the corner, once per text.
  function toast(text, options = {}) {
    const known = [...toasts.children].find((shown) => shown.dataset.text === text);
    if (known) return known;
    const box = document.createElement("div");
    box.className = options.calm ? "app-toast calm" : "app-toast";
    box.dataset.text = text;
    const line = document.createElement("p");
    line.textContent = text;
    box.append(line);
    if (options.label) {
      box.append(action(options.label, () => { box.remove(); options.act?.(); }, options.href));
    }
    box.append(action(texts.close, () => box.remove()));
    toasts.append(box);
    return box;
  }

  function failure(status) {
    if (status === 401) return signedOut();
    if (status === 403) return toast(texts.refused);
    if (status === 404 || status === 410) return toast(texts.gone);
    return toast(texts.failed);
  }

  function signedOut() {
    return toast(texts.signedOut, { label: texts.signIn, href: signIn });
  }

  document.addEventListener("htmx:responseError", (event) => failure(event.detail.xhr.status));
  document.addEventListener("htmx:sendError", () => toast(texts.offline));
  document.addEventListener("htmx:timeout", () => toast(texts.slow));
  // A fragment request that ends at the sign-in page must not put that page into this one.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const url = event.detail.xhr.responseURL || "";
    if (!url || new URL(url).pathname !== signIn) return;
    event.detail.shouldSwap = false;
    signedOut();
  });
  window.addEventListener("offline", () => toast(texts.offline));

  // --- dialogs ---------------------------------------------------------------------------------

  const dialog = document.getElementById("confirm");
  let confirmed = null;

  function ask(question, yes) {
    dialog.querySelector("[data-confirm-text]").textContent = question;
    confirmed = yes;
    dialog.showModal();
  }

  dialog.querySelector("[data-confirm-yes]").addEventListener("click", () => {
    dialog.close();
    confirmed?.();
    confirmed = null;
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open-modal]");
    if (opener) document.getElementById(opener.dataset.openModal)?.showModal();
    if (event.target.closest("[data-close-modal]")) event.target.closest("dialog")?.close();
    if (event.target.closest("[data-print]")) window.print();
    const grave = event.target.closest("[data-confirm]");
    if (!grave || grave.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(grave.dataset.confirm, () => {
      grave.dataset.confirmed = "yes";
      grave.click();
      delete grave.dataset.confirmed;
    });
  }, true);

  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    ask(event.detail.question, () => event.detail.issueRequest(true));
  });

  // --- unsaved changes -------------------------------------------------------------------------

  const dirty = new Set();
  const guarded = (target) => target.closest?.("form[data-guard]");

  document.addEventListener("input", (event) => {
    const form = guarded(event.target);
    if (form) dirty.add(form);
  });
  document.addEventListener("submit", (event) => dirty.delete(event.target), true);
  window.addEventListener("beforeunload", (event) => {
    const open = [...dirty].some((form) => form.isConnected);
    if (open) event.preventDefault();
  });

  // --- one submit per click --------------------------------------------------------------------

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.dataset.sent) {
      if (form.dataset.sent) event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // --- the session's end -----------------------------------------------------------------------

  const idle = Number(idleSeconds) * 1000;
  const warning = Math.min(120_000, idle / 2);
  let timers = [];

  async function stay() {
    const token = JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"];
    const answer = await fetch(keepAlive, { method: "POST", headers: { "x-csrftoken": token } })
      .catch(() => null);
    if (!answer) toast(texts.offline);
    else if (answer.status === 204) watch();
    else signedOut();
  }

  function watch() {
    timers.forEach(clearTimeout);
    if (!idle) return;
    let notice = null;
    timers = [
      setTimeout(() => {
        notice = toast(texts.idle, { calm: true, label: texts.stay, act: stay });
      }, idle - warning),
      setTimeout(() => { notice?.remove(); signedOut(); }, idle),
    ];
  }

  watch();
  document.addEventListener("htmx:afterRequest", watch);
  document.addEventListener("app:alive", watch); // a page's own requests

  // --- small things ----------------------------------------------------------------------------

  document.querySelector("[data-focus]")?.focus();
  document.addEventListener("htmx:afterSettle", (event) => {
    event.target.querySelector?.("[data-focus]")?.focus();
  });

  // Moves the tick of a {% range_bar %} to a value; null hides it. Same sums as trial/web/spark.py.
  function moveTick(bar, value) {
    const tick = bar.querySelector(".range-tick");
    const low = Number(bar.dataset.low);
    const high = Number(bar.dataset.high);
    const known = value !== null && Number.isFinite(value) && high > low;
    tick.toggleAttribute("hidden", !known);
    if (!known) return;
    const x = 32 + ((value - low) / (high - low)) * 32 - 1.5;
    tick.setAttribute("x", String(Math.min(93, Math.max(0, x))));
  }

  window.app = { toast, ask, moveTick, failure };
})();
