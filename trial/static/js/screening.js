// Childbearing potential is asked of women only. The server decides the same without this.
(() => {
  "use strict";

  const block = document.querySelector("[data-women-only]");
  const choices = document.querySelectorAll('input[name="sex"]');

  function show() {
    const chosen = [...choices].find((choice) => choice.checked);
    block.hidden = chosen?.value !== "F";
  }

  for (const choice of choices) choice.addEventListener("change", show);
  show();
})();
