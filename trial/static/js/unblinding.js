// What was shown once is gone when the page is left, from the browser's own memory of it as well.
(() => {
  "use strict";

  const shown = document.querySelector("[data-shown-once]");
  if (!shown) return;
  window.addEventListener("pagehide", () => { shown.textContent = ""; });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.replace(shown.dataset.after); });
})();
