// Date fields: buttons and keys for today, yesterday and the visit's date, the browser's calendar,
// and hyphens set while digits are typed. Works on fields that htmx brings later, too.
(() => {
  "use strict";

  const field = (element) => element.closest("[data-date-field]");
  const input = (box) => box.querySelector("[data-date]");

  function shifted(days) {
    const day = new Date(`${document.body.dataset.today}T12:00:00Z`);
    day.setUTCDate(day.getUTCDate() + days);
    return day.toISOString().slice(0, 10);
  }

  function set(box, value) {
    if (!value) return;
    const target = input(box);
    target.value = value;
    target.dispatchEvent(new Event("input", { bubbles: true }));
    target.dispatchEvent(new Event("change", { bubbles: true }));
    target.focus();
  }

  function enliven(root) {
    for (const box of root.querySelectorAll("[data-date-field]")) {
      box.querySelector("[data-date-buttons]").hidden = false;
      box.querySelector("[data-date-visit]").hidden = !input(box).dataset.visitDate;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-date-days], [data-date-visit], [data-date-open]");
    if (!button) return;
    const box = field(button);
    if (button.dataset.dateDays) set(box, shifted(Number(button.dataset.dateDays)));
    if ("dateVisit" in button.dataset) set(box, input(box).dataset.visitDate);
    if ("dateOpen" in button.dataset) {
      const picker = box.querySelector("[data-date-native]");
      picker.value = input(box).value;
      picker.showPicker();
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-date-native]")) set(field(event.target), event.target.value);
  });

  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("[data-date]")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const box = field(event.target);
    const wanted = {
      t: () => shifted(0), y: () => shifted(-1), v: () => event.target.dataset.visitDate,
    }[event.key.toLowerCase()];
    if (!wanted) return;
    event.preventDefault();
    set(box, wanted());
  });

  // 20260305 becomes 2026-03-05; anything else stays as typed.
  document.addEventListener("input", (event) => {
    if (!event.target.matches?.("[data-date]")) return;
    const digits = /^(\d{4})(\d{2})(\d{2})$/.exec(event.target.value);
    if (digits) event.target.value = digits.slice(1).join("-");
  });

  enliven(document);
  document.addEventListener("htmx:load", (event) => enliven(event.target));
})();
