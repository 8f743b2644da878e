// Threads and the form to ask in a dialog; without scripts their links open pages. Key q: ask
// about the value that has the focus.
(() => {
  "use strict";

  const dialog = document.getElementById("query");
  if (!dialog) return;
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "query-body") dialog.showModal();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "q" || event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const field = event.target.closest("input:not([inputmode]), textarea, select");
    if (field && field.type !== "checkbox") return;
    const row = event.target.closest("[data-row], tr");
    const ask = row?.querySelector("[data-query]");
    if (!ask) return;
    event.preventDefault();
    ask.click();
  });
})();
