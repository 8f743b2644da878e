// The history of a value, and a query about it, in dialogs; without scripts their links open pages.
(() => {
  "use strict";

  const dialogs = { "history-body": "history", "query-body": "query" };
  document.addEventListener("htmx:afterSwap", (event) => {
    const dialog = document.getElementById(dialogs[event.detail.target.id]);
    if (dialog && !dialog.open) dialog.showModal();
  });
})();
