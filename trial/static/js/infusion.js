// The infusion form at the bedside. Each section is sent on its own, in order, with a key of its
// own; until the server has answered it stays on this computer (localStorage, by user and bag), and
// so does what is typed and not yet sent, and what the server refused. drafts.js removes all of it at
// sign-out. Nothing is judged here: what a value means, the server says.
(() => {
  "use strict";

  const root = document.getElementById("infusion");
  const texts = root.dataset;
  const bar = document.querySelector("[data-unsent]");
  const prefix = `infusion:${texts.user}:${texts.bag}:`;
  let token = JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"];
  const own = new Set(["csrfmiddlewaretoken", "key"]);
  const edits = new Map(); // section -> how often it was typed in since it was last sent
  const whys = new Map(); // section -> why the server refused what is typed in it
  const unkept = new Set(); // keys of what could not be put into localStorage
  const AGAIN = 5000;
  let sending = false;
  let timer = 0;

  // --- what is kept on this computer -----------------------------------------------------------

  function read(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(prefix + name)) ?? otherwise;
    } catch {
      return otherwise;
    }
  }

  function keep(name, value) {
    if (document.body.dataset.signingOut) return true;
    try {
      if (value === null) localStorage.removeItem(prefix + name);
      else localStorage.setItem(prefix + name, JSON.stringify(value));
      return true;
    } catch {
      window.app.toast(texts.notKept);
      return false;
    }
  }

  let queue = read("queue", []);

  // Another tab of this bag may have queued or sent something meanwhile: its entries stay.
  function change(act) {
    const stored = read("queue", []);
    const there = new Set(stored.map((entry) => entry.key));
    const mine = queue.filter(({ key }) => unkept.has(key) && !there.has(key));
    queue = act([...stored, ...mine]);
    if (keep("queue", queue)) unkept.clear();
    else for (const entry of queue) unkept.add(entry.key);
  }

  function typedSections() {
    try {
      const start = `${prefix}typed:`;
      return Object.keys(localStorage).filter((n) => n.startsWith(start)).map((n) => n.slice(start.length));
    } catch {
      return [...edits.keys()];
    }
  }

  // --- forms and their fields ------------------------------------------------------------------

  const sections = () => [...root.querySelectorAll("form[data-section]")];
  const formOf = (name) => root.querySelector(`form[data-section="${name}"]`);

  function fieldsOf(form) {
    return [...new FormData(form)].filter(([name]) => !own.has(name));
  }

  function fill(form, fields, skip = () => false) {
    const given = new Map();
    for (const [name, value] of fields) given.set(name, [...(given.get(name) ?? []), value]);
    for (const control of form.elements) {
      if (!control.name || own.has(control.name) || skip(control.name)) continue;
      if (control.type === "radio" || control.type === "checkbox") {
        control.checked = (given.get(control.name) ?? []).includes(control.value);
      } else if (given.has(control.name)) [control.value] = given.get(control.name);
    }
  }

  const isBase = (name) => name.endsWith("-base");

  function say(form, text, tone = "") {
    const line = form.querySelector("[data-said]");
    if (!line) return;
    line.textContent = text;
    line.dataset.tone = tone;
  }

  function dress(form) {
    const reason = form.querySelector("[data-reason]");
    if (reason) reason.hidden = !edits.has(form.dataset.section);
    for (const line of form.querySelectorAll("[data-reaction]")) {
      const yes = line.querySelector("input[type=radio][value=yes]");
      line.querySelector("[data-more]").hidden = !yes.checked;
    }
    for (const input of form.querySelectorAll("[data-moment]")) {
      if (input.parentElement.classList.contains("moment") || input.disabled) continue;
      const pair = document.createElement("div");
      pair.className = "moment";
      input.replaceWith(pair);
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn";
      button.textContent = texts.now;
      button.addEventListener("click", () => {
        input.value = siteTime();
        input.dispatchEvent(new Event("input", { bubbles: true }));
      });
      input.addEventListener("change", () => { wholeTime(input); keepTyped(form); });
      pair.append(input, button);
    }
    const all = form.querySelector("[data-all-no]");
    if (all) all.hidden = false;
  }

  // "1405" or "14:05" is the last 14:05 at the site, written out so that it stays that one.
  function wholeTime(input) {
    const typed = input.value.normalize("NFKC").trim().match(/^([01]?\d|2[0-3])[:.]?([0-5]\d)$/);
    if (!typed) return;
    const clock = `${typed[1].padStart(2, "0")}:${typed[2]}`;
    const now = siteTime();
    const day = new Date(`${now.slice(0, 10)}T00:00:00Z`);
    if (clock > now.slice(11)) day.setUTCDate(day.getUTCDate() - 1);
    input.value = `${day.toISOString().slice(0, 10)} ${clock}`;
  }

  function siteTime() {
    const options = { timeZone: texts.zone, hourCycle: "h23", year: "numeric", month: "2-digit",
      day: "2-digit", hour: "2-digit", minute: "2-digit" };
    const parts = new Intl.DateTimeFormat("en", options).formatToParts(new Date());
    const of = (type) => parts.find((part) => part.type === type).value;
    return `${of("year")}-${of("month")}-${of("day")} ${of("hour")}:${of("minute")}`;
  }

  // What stands in localStorage over what the server has just drawn.
  function restore(answered) {
    for (const form of sections()) {
      const name = form.dataset.section;
      const waiting = queue.filter((entry) => entry.section === name);
      if (waiting.length && !("adds" in form.dataset)) fill(form, waiting.at(-1).fields, isBase);
      const typed = read(`typed:${name}`, null) ?? nextBack(name);
      if (typed) {
        fill(form, typed, name === answered ? isBase : undefined);
        edits.set(name, edits.get(name) ?? 1);
        const told = form.querySelector(".field-wrong, .alert");
        say(form, (!told && whys.get(name)) || texts.typed, "amber");
        form.closest("details")?.setAttribute("open", "");
      }
      if (waiting.length) say(form, texts.waiting, "amber");
      dress(form);
    }
    show();
  }

  function show() {
    bar.hidden = queue.length === 0;
    bar.querySelector("[data-unsent-text]").textContent = texts.count.replace("{n}", queue.length);
  }

  // --- typing ------------------------------------------------------------------------------------

  let typing = 0;

  function forget(name) {
    edits.delete(name);
    whys.delete(name);
    keep(`typed:${name}`, null);
  }

  function keepTyped(form) {
    const name = form.dataset.section;
    if (edits.has(name)) keep(`typed:${name}`, fieldsOf(form));
  }

  root.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-section]");
    if (!form) return;
    const name = form.dataset.section;
    edits.set(name, (edits.get(name) ?? 0) + 1);
    say(form, texts.typed, "amber");
    dress(form);
    clearTimeout(typing);
    typing = setTimeout(() => sections().forEach(keepTyped), 300);
  });

  root.addEventListener("click", (event) => {
    const fresh = event.target.closest("[data-section-fresh]");
    if (fresh) forget(fresh.dataset.sectionFresh);
    if (!event.target.closest("[data-all-no]")) return;
    for (const line of root.querySelectorAll("[data-reaction]")) {
      const answered = line.querySelector("input[type=radio]:checked");
      if (!answered) line.querySelector("input[type=radio][value=no]").checked = true;
    }
    event.target.closest("form").dispatchEvent(new Event("input", { bubbles: true }));
  });

  window.addEventListener("pagehide", () => sections().forEach(keepTyped));

  // --- sending -----------------------------------------------------------------------------------

  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  root.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-section]");
    if (!form) return;
    event.preventDefault();
    const name = form.dataset.section;
    const entry = { section: name, url: form.action, key: newKey(), fields: fieldsOf(form) };
    unkept.add(entry.key);
    queue.push(entry);
    change((all) => all);
    forget(name);
    if ("adds" in form.dataset) form.reset();
    dress(form);
    say(form, navigator.onLine ? texts.sending : texts.waiting, "amber");
    show();
    pump();
  });

  async function ask(entry) {
    const body = new URLSearchParams([...entry.fields, ["key", entry.key]]);
    const headers = { "HX-Request": "true", "X-CSRFToken": token };
    return fetch(entry.url, { method: "POST", body, headers, signal: AbortSignal.timeout(20000) })
      .catch(() => null);
  }

  function later(wait = AGAIN) {
    clearTimeout(timer);
    timer = setTimeout(pump, wait);
    for (const entry of queue) {
      const form = formOf(entry.section);
      if (form) say(form, texts.waiting, "amber");
    }
    show();
  }

  async function pump() {
    clearTimeout(timer);
    if (sending || !queue.length) return;
    sending = true;
    const wait = await inOneTab(send).catch(() => AGAIN);
    sending = false;
    if (wait) later(wait);
    else pump();
  }

  // Two tabs of one bag would send each other's entries, and find each other faster.
  function inOneTab(act) {
    if (!navigator.locks) return act();
    const options = { ifAvailable: true };
    return navigator.locks.request(`${prefix}sending`, options, (lock) => (lock ? act() : AGAIN));
  }

  // Sends the first of what waits. Resolves to how long the next is to wait; 0: it goes at once.
  async function send() {
    change((all) => all);
    const [entry] = queue;
    if (!entry) { show(); return 0; }
    let answer = await ask(entry);
    if (answer?.status === 403 && await renewToken()) answer = await ask(entry);
    if (!answer || answer.status >= 500) return AGAIN;
    if (answer.redirected || answer.status === 401) { window.app.failure(401); return 30_000; }
    document.dispatchEvent(new Event("app:alive"));
    const { status } = answer;
    const known = [200, 409, 422].includes(status);
    const html = known ? await answer.text().catch(() => null) : "";
    if (html === null) return AGAIN;
    change((all) => all.filter((one) => one.key !== entry.key));
    sections().forEach(keepTyped);
    if (status !== 200) takeBack(entry);
    if (known) put(html, entry.section, status);
    else {
      restore();
      window.app.failure(status);
      window.app.toast(texts.refused);
    }
    show();
    return 0;
  }

  // Who signs in again in another tab has a new token; it may be another person, who sends nothing.
  async function renewToken() {
    const answer = await fetch(texts.page).catch(() => null);
    if (!answer?.ok || answer.redirected) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.body.dataset.user !== texts.user) return false;
    const headers = page.body.getAttribute("hx-headers");
    document.body.setAttribute("hx-headers", headers);
    token = JSON.parse(headers)["x-csrftoken"];
    return true;
  }

  // What the server refused is as if it were typed and not yet sent: it stays until it is stored or
  // given up. What was typed over it since is newer; a line to be added waits for its turn.
  function takeBack(entry) {
    const name = entry.section;
    const adds = "adds" in (formOf(name)?.dataset ?? {});
    const newer = edits.has(name) || read(`typed:${name}`, null) !== null;
    if (adds && newer) {
      keep(`back:${name}`, [...read(`back:${name}`, []), entry.fields]);
    } else if (adds || !(newer || queue.some((one) => one.section === name))) {
      edits.set(name, 1);
      keep(`typed:${name}`, entry.fields);
    }
  }

  function nextBack(name) {
    const [next, ...rest] = read(`back:${name}`, []);
    if (!next || edits.has(name)) return null;
    keep(`typed:${name}`, next);
    keep(`back:${name}`, rest.length ? rest : null);
    return next;
  }

  function put(html, answered, status) {
    const at = document.activeElement?.id;
    const range = rangeOf(document.activeElement);
    const open = new Set([...root.querySelectorAll("details[open]")].map((one) => one.id));
    root.innerHTML = html;
    window.htmx.process(root);
    for (const one of root.querySelectorAll("details")) {
      const wrong = one.querySelector(".field-wrong, .alert");
      const done = one.querySelector(`form[data-section="${answered}"]`) && status === 200;
      if (wrong || (open.has(one.id) && !done)) one.open = true;
    }
    if (status === 200) rebase(answered);
    else whys.set(answered, whyOf(formOf(answered)));
    restore(status === 200 ? answered : undefined);
    const focus = status !== 200 && formOf(answered)?.querySelector(".field-wrong input, .alert");
    if (focus) focus.scrollIntoView({ block: "center" });
    else if (at) focusOn(at, range);
  }

  // The server's words, for when the next answer draws the form without them.
  function whyOf(form) {
    const found = form?.querySelectorAll(".field-error, .alert") ?? [];
    return [...found].map((one) => one.textContent.replace(/\s+/g, " ").trim()).join(" ");
  }

  function rangeOf(element) {
    try {
      return element && "selectionStart" in element ? [element.selectionStart, element.selectionEnd] : null;
    } catch {
      return null;
    }
  }

  function focusOn(id, range) {
    const element = document.getElementById(id);
    element?.focus({ preventScroll: true });
    try {
      if (range && range[0] !== null) element?.setSelectionRange(...range);
    } catch { /* not a text field */ }
  }

  // What waits for the same section was typed over what has just been stored.
  function rebase(name) {
    const form = formOf(name);
    if (!form) return;
    const fresh = new Map([...new FormData(form)].filter(([field]) => isBase(field)));
    change((all) => {
      for (const entry of all.filter((one) => one.section === name)) {
        entry.fields = entry.fields.map(([field, value]) => [field, fresh.get(field) ?? value]);
      }
      return all;
    });
  }

  bar.querySelector("[data-unsent-send]").addEventListener("click", pump);
  window.addEventListener("online", pump);
  window.addEventListener("offline", () => later());

  window.addEventListener("storage", (event) => {
    if (event.key !== `${prefix}queue`) return;
    change((all) => all);
    show();
  });

  // drafts.js asks before somebody signs out: what could not be kept is known here alone.
  document.addEventListener("app:leaving", (event) => {
    if (queue.length || edits.size) event.preventDefault();
  });

  restore();
  pump();
})();
