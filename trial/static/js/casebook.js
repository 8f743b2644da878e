// Forms of the casebook: questions that are asked only sometimes, what the checks say while one
// types, the reason that a change needs, clearing of buttons. Nothing is judged here: the server is
// asked, and answers again when the section is saved.
(() => {
  "use strict";

  const timers = new WeakMap();

  const valueOf = (form, name) => {
    const field = form.querySelector(`[data-question="${name}"]`);
    if (!field) return null;
    const box = field.querySelector("input[type=checkbox]");
    if (box) return box.checked ? "yes" : "";
    const radios = field.querySelectorAll("input[type=radio]");
    if (radios.length) return [...radios].find((one) => one.checked)?.value ?? "";
    return field.querySelector("input, select, textarea")?.value ?? "";
  };

  // What another section says is known as it is stored: "outcome=fatal;serious=yes;".
  function stored(form) {
    const pairs = form.closest(".crf-sheet").dataset.conditions.split(";").filter(Boolean);
    return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
  }

  function dress(form) {
    const known = stored(form);
    for (const field of form.querySelectorAll("[data-when]")) {
      const [name, codes] = field.dataset.when.split("=");
      const on = form.querySelector(`[data-question="${name}"]`);
      const said = valueOf(form, name) ?? known.get(name) ?? "";
      field.hidden = !codes.split(",").includes(said) || Boolean(on?.hidden);
    }
  }

  function changed(form) {
    const reason = form.querySelector("[data-reason]");
    if (reason) reason.hidden = false;
    const said = form.querySelector("[data-said]");
    if (said) said.textContent = "";
  }

  async function check(form) {
    const live = form.querySelector("[data-live]");
    if (!live || !form.dataset.check) return;
    const token = JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"];
    const answer = await fetch(form.dataset.check, {
      method: "POST", body: new FormData(form), headers: { "x-csrftoken": token },
    }).catch(() => null);
    if (!answer?.ok || answer.redirected || !form.isConnected) return;
    const drawn = new DOMParser().parseFromString(await answer.text(), "text/html");
    live.replaceChildren(...drawn.body.childNodes);
  }

  function later(form) {
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => check(form), 500));
  }

  // A row of buttons gets one that takes the answer back.
  function clearable(form) {
    for (const list of form.querySelectorAll(".crf-field fieldset")) {
      if (list.querySelector("[data-clear]") || !list.querySelector("input[type=radio]")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-sm btn-ghost-secondary";
      button.dataset.clear = "";
      button.textContent = document.getElementById("casebook-texts").dataset.clear;
      list.append(button);
    }
  }

  function enliven(root) {
    const forms = root.matches?.("form.crf-section") ? [root] : root.querySelectorAll("form.crf-section");
    for (const form of forms) {
      const reason = form.querySelector("[data-reason]");
      if (reason) reason.hidden = true;
      if (form.dataset.check) clearable(form);
      dress(form);
    }
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form.crf-section");
    if (!form) return;
    dress(form);
    changed(form);
    later(form);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-clear]");
    if (!button) return;
    const list = button.closest("fieldset");
    for (const radio of list.querySelectorAll("input[type=radio]")) radio.checked = false;
    list.querySelector("input[type=radio]").dispatchEvent(new Event("input", { bubbles: true }));
    list.querySelector("input[type=radio]").focus();
  });

  // Ctrl+Enter saves the section one is in.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = event.target.closest?.("form.crf-section");
    if (!form) return;
    event.preventDefault();
    form.requestSubmit();
  });

  // htmx gives the focus back to the question one was in; what has to be answered now comes first.
  document.addEventListener("htmx:afterSettle", (event) => {
    enliven(event.detail.elt);
    event.detail.elt.querySelector("[autofocus]")?.focus();
  });
  enliven(document);
})();
