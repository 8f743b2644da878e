// The history of a value in a dialog; without scripts its link opens a page.
(() => {
  "use strict";

  const dialog = document.getElementById("history");
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "history-body") dialog.showModal();
  });
})();
