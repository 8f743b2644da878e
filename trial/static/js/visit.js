// Says while a date is typed where it lies against the window. The server asks for the reason.
(() => {
  "use strict";

  const form = document.querySelector("form[data-window-opens]");
  if (!form) return;
  const { windowOpens, windowCloses, early, late, inside } = form.dataset;
  const line = form.querySelector("[data-placement]");
  const input = form.querySelector("[data-date]");

  function place() {
    const day = input.value;
    let text = "";
    if (windowOpens && /^\d{4}-\d{2}-\d{2}$/.test(day)) {
      text = inside;
      if (day < windowOpens) text = early;
      if (day > windowCloses) text = late;
    }
    line.textContent = text;
  }

  // On the document, so that dates.js has set the hyphens before this reads the field.
  document.addEventListener("input", place);
  document.addEventListener("change", place);
  place();
})();
