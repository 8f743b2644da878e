// The upload form: a file that is too big is refused before it travels.
(() => {
  "use strict";

  const input = document.querySelector("[data-upload] input[type=file][data-max-bytes]");
  if (!input) return;
  input.addEventListener("change", () => {
    const file = input.files[0];
    if (!file || file.size <= Number(input.dataset.maxBytes)) return;
    input.value = "";
    window.app.toast(input.dataset.tooBig);
  });
})();
