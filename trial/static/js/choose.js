// A box that chooses every line of its table that can be chosen.
(() => {
  "use strict";

  for (const all of document.querySelectorAll("[data-choose-all]")) {
    const boxes = [...all.closest("table").querySelectorAll('input[name="record"]:not(:disabled)')];
    all.closest("[hidden]")?.removeAttribute("hidden");
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
    });
  }
})();
