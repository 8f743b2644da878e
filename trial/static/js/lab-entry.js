// The lab form while somebody types: asks the server to judge (one question at a time), draws its
// answer, and moves by keys. The judging itself is the server's, the same as when it saves.
(() => {
  "use strict";

  const form = document.querySelector("[data-lab-form]");
  const texts = document.getElementById("lab-texts").dataset;
  const rows = form.querySelector("[data-rows]");
  const preview = document.querySelector("[data-preview]");
  const reason = form.querySelector("[data-reason]");
  const row = (element) => element.closest("[data-row]");
  const all = () => [...rows.querySelectorAll("[data-row]")];
  const values = () => [...rows.querySelectorAll("[data-value]")];
  const part = (box, name) => box.querySelector(`[data-${name}]`);

  // --- asking ----------------------------------------------------------------------------------

  let timer = 0;
  let asking = null;
  let again = false;

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(ask, 250);
  }

  async function ask() {
    if (asking) { again = true; return; }
    asking = fetch(form.dataset.check, { method: "POST", body: new FormData(form) });
    const answer = await asking.catch(() => null);
    asking = null;
    if (again) { again = false; soon(); }
    if (!answer?.ok || answer.redirected) return;
    document.dispatchEvent(new Event("app:alive"));
    draw(await answer.json());
  }

  // --- drawing ---------------------------------------------------------------------------------

  function draw(found) {
    for (const box of all()) {
      const reading = found.rows[box.dataset.row];
      if (reading) drawRow(box, reading);
    }
    drawHead(found.head);
    drawMeaning(found);
    form.dataset.outside = found.outside ? "yes" : "";
    needReason();
  }

  function drawRow(box, reading) {
    const value = part(box, "value");
    box.dataset.level = reading.level;
    part(box, "message").textContent = reading.message;
    part(box, "range").textContent = reading.range;
    part(box, "bar").innerHTML = reading.bar;
    part(box, "times").hidden = !reading.times;
    part(box, "times-text").textContent = reading.times;
    part(box, "flag").dataset.flag = reading.flag;
    const wrong = reading.level === "hard" || reading.level === "error";
    value.setAttribute("aria-invalid", String(wrong));
    value.classList.toggle("is-invalid", wrong);
    if (reading.level === "soft") open(box, true);
    drawSuggestions(part(box, "suggestions"), reading.suggestions);
  }

  function drawSuggestions(place, suggestions) {
    place.replaceChildren(...suggestions.map((one) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-sm";
      button.dataset.suggest = one.value;
      button.dataset.suggestUnit = one.unit;
      button.textContent = one.text;
      return button;
    }));
  }

  function drawHead(messages) {
    for (const field of form.querySelectorAll("[data-field]")) {
      const control = field.querySelector(".form-control, .form-select");
      if (!control || field.dataset.field === "reason") continue;
      const text = control.value || control.dataset.touched ? messages[field.dataset.field] : "";
      let line = field.querySelector("[data-live-error]");
      if (!line && text) {
        field.querySelector(".field-error")?.remove();
        line = document.createElement("p");
        line.className = "field-error";
        line.dataset.liveError = "";
        line.setAttribute("role", "status");
        field.append(line);
      }
      if (line) line.textContent = text || "";
      control.classList.toggle("is-invalid", Boolean(text));
    }
  }

  function element(tag, css, text) {
    const made = document.createElement(tag);
    made.className = css;
    made.textContent = text;
    return made;
  }

  function drawMeaning(found) {
    preview.hidden = false;
    document.getElementById("standing")?.querySelector(".lab-scores")?.classList.add("is-stale");
    part(preview, "preview-scores").replaceChildren(...found.scores.map((score) => {
      const line = element("div", "lab-score", "");
      const summary = element("summary", "", "");
      const known = score.value !== null;
      summary.append(
        element("span", "lab-score-name", score.name),
        element("span", known ? "lab-score-value" : "lab-score-none", known ? score.value : score.missing),
      );
      line.append(summary);
      return line;
    }));
    part(preview, "preview-outcomes").replaceChildren(...found.outcomes.map((one) => {
      const box = element("div", `lab-outcome tone-${one.tone}`, "");
      box.append(
        element("p", "lab-outcome-rule", one.name),
        element("p", "lab-outcome-word", one.outcome),
        element("p", "lab-outcome-why", one.reason),
      );
      return box;
    }));
    part(preview, "preview-findings").replaceChildren(
      ...found.findings.map((one) => element("p", "lab-finding", `⚠ ${one.text}`)),
    );
  }

  // --- what has changed, and whether a reason is needed ------------------------------------------

  function now(box) {
    const text = part(box, "value").value;
    const unit = text.trim() ? part(box, "unit").value : "";
    return `${text.trim() ? text : ""}|${unit}|${part(box, "missing").value}`;
  }

  function remarks(box) {
    return `${part(box, "comment").value}|${part(box, "confirmed").checked ? "1" : ""}`;
  }

  // In a merge the stored side may be picked: then what the row holds will not be saved.
  function overruled(box) {
    const stored = form.querySelector(`[data-merge="${box.dataset.row}"] [value="stored"]`);
    return Boolean(stored?.checked);
  }

  function corrected() {
    return all().filter((box) => {
      const { was, remarked } = box.dataset;
      box.toggleAttribute("data-overruled", overruled(box));
      return was && !overruled(box) && was !== "||" && (was !== now(box) || remarked !== remarks(box));
    });
  }

  function headChanged() {
    if (form.dataset.version === "0") return false;
    return [...form.querySelectorAll("[data-field]")].some((field) => {
      const control = field.querySelector(".form-control, .form-select");
      return control && field.dataset.field !== "reason" && control.dataset.first !== control.value;
    });
  }

  function needReason() {
    const changed = corrected();
    const change = changed.length > 0 || headChanged();
    const outside = form.dataset.outside === "yes" && Boolean(form.dataset.opens);
    reason.toggleAttribute("data-needed", change || outside || Boolean(part(form, "reason").querySelector("input").value));
    part(form, "reason-why").textContent = change ? texts.reasonChange : texts.reasonWindow;
    const list = part(form, "changed");
    list.hidden = !changed.length;
    list.replaceChildren(...changed.map((box) => {
      const [text, unit] = box.dataset.was.split("|");
      const [after, afterUnit] = now(box).split("|");
      const words = `${box.dataset.row}: ${`${text} ${unit}`.trim() || texts.empty} → ${`${after} ${afterUnit}`.trim() || texts.empty}`;
      return element("li", "", words);
    }));
  }

  function countAnswered() {
    const progress = part(form, "progress");
    const asked = all().filter((box) => !box.closest("[data-added], [data-group='other']"));
    const filled = asked.filter((box) => part(box, "value").value.trim() || part(box, "missing").value);
    progress.textContent = texts.answered
      .replace("{filled}", filled.length).replace("{asked}", progress.dataset.asked);
  }

  // --- rows --------------------------------------------------------------------------------------

  function open(box, wanted) {
    box.classList.toggle("is-open", wanted);
    part(box, "more").setAttribute("aria-expanded", String(wanted));
  }

  function take(button) {
    const box = row(button);
    part(box, "value").value = button.dataset.suggest;
    part(box, "unit").value = button.dataset.suggestUnit;
    changed(part(box, "value"));
    part(box, "value").focus();
  }

  function changed(element) {
    element.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function add(code) {
    const template = form.querySelector(`template[data-other="${code}"]`);
    if (!template) return null;
    const group = part(form, "added");
    group.hidden = false;
    group.append(template.content.cloneNode(true));
    template.remove();
    part(form, "add").querySelector(`option[value="${code}"]`)?.remove();
    const box = group.lastElementChild;
    window.htmx?.process(box);
    return box;
  }

  function nextUnit(box) {
    const unit = part(box, "unit");
    if (unit.type === "hidden") return;
    unit.selectedIndex = (unit.selectedIndex + 1) % unit.options.length;
    changed(unit);
  }

  function move(from, step) {
    const fields = values();
    const next = fields[fields.indexOf(from) + step];
    if (next) { next.focus(); next.select(); } else if (step > 0) part(form, "save").focus();
  }

  // --- keys --------------------------------------------------------------------------------------

  const rowKeys = {
    m: (box) => { open(box, true); part(box, "missing").focus(); },
    u: nextUnit,
    d: (box) => { const first = part(box, "suggest"); if (first) take(first); },
    c: (box) => {
      open(box, true);
      const confirmed = part(box, "confirmed");
      if (box.dataset.level === "soft") { confirmed.checked = true; changed(confirmed); }
      part(box, "comment").focus();
    },
    h: (box) => part(box, "history")?.click(),
  };

  const answers = { n: "no", y: "yes" };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(part(form, "save"));
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target;
    const typing = target.matches?.("[data-comment], [name='reason'], textarea");
    if (event.key === "?" && !typing) {
      event.preventDefault();
      document.getElementById("keys").showModal();
    } else if (event.key === "Enter" && form.contains(target) && target.matches("input, select")) {
      event.preventDefault(); // Enter never saves half a panel
      onward(target, event.shiftKey ? -1 : 1);
    } else if (target === form.elements.dialysis && answers[event.key.toLowerCase()]) {
      event.preventDefault();
      target.value = answers[event.key.toLowerCase()];
      changed(target);
      values()[0].focus();
    } else if (target === form.elements.collected_on && event.defaultPrevented) {
      form.elements.dialysis.focus(); // dates.js has set the day by a key
    } else if (target.matches?.("[data-value]") && rowKeys[event.key.toLowerCase()]) {
      event.preventDefault();
      rowKeys[event.key.toLowerCase()](row(target));
    }
  });

  function onward(target, step) {
    const box = row(target);
    if (box) { move(part(box, "value"), step); return; }
    const head = [...form.querySelectorAll("[data-field] .form-control, [data-field] .form-select")];
    const next = head.filter((field) => !row(field) && !field.closest("[data-reason], .lab-reagent"));
    const following = next[next.indexOf(target) + step];
    (following || values()[0]).focus();
  }

  // --- listening ---------------------------------------------------------------------------------

  form.addEventListener("input", (event) => {
    event.target.dataset.touched = "yes";
    const side = row(event.target) && form.querySelector(`[data-merge="${row(event.target).dataset.row}"] [value="yours"]`);
    if (side && event.isTrusted) side.checked = true;
    countAnswered();
    needReason();
    soon();
  });
  form.addEventListener("click", (event) => {
    const suggestion = event.target.closest("[data-suggest]");
    if (suggestion) take(suggestion);
    const more = event.target.closest("[data-more]");
    if (!more) return;
    open(row(more), !row(more).classList.contains("is-open"));
    if (row(more).classList.contains("is-open")) part(row(more), "missing").focus();
  });
  part(form, "add").addEventListener("change", (event) => {
    const box = add(event.target.value);
    if (box) { part(box, "value").focus(); soon(); }
  });

  // ISI and MNPT belong to the laboratory: another one brings its own, unless they were typed.
  const remembered = JSON.parse(document.getElementById("remembered").textContent);
  form.elements.laboratory.addEventListener("change", () => {
    const last = remembered[form.elements.laboratory.value];
    for (const [name, value] of [["pt_isi", last?.isi], ["pt_mnpt", last?.mnpt]]) {
      if (last && !form.elements[name].dataset.touched) form.elements[name].value = value;
    }
  });

  for (const control of form.querySelectorAll("[data-field] .form-control, [data-field] .form-select")) {
    control.dataset.first = control.value;
  }
  for (const control of rows.querySelectorAll("select[data-unit]")) control.tabIndex = -1;
  form.classList.add("is-live");
  needReason();
  if (form.dataset.bound) soon();
  if (!document.querySelector("[data-focus]")) {
    (form.elements.collected_on.value ? values()[0] : form.elements.collected_on).focus();
  }

  window.labForm = { form, texts, add, soon, changed };
})();
