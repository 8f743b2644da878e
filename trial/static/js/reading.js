// The reading of a biopsy: keys for scores, zoom of pictures. Totals come from the server.
(() => {
  "use strict";

  const form = document.getElementById("reading");

  const choices = (group) => [...group.querySelectorAll("input[type=radio]")];

  // The next question that is asked, to go on with.
  function after(field) {
    const asked = [...form.querySelectorAll(".reading-field:not([hidden])")];
    return asked[asked.indexOf(field) + 1];
  }

  function choose(radio, field) {
    radio.checked = true;
    radio.dispatchEvent(new Event("input", { bubbles: true }));
    radio.dispatchEvent(new Event("change", { bubbles: true }));
    const next = after(field);
    const at = next && (next.querySelector("input:checked") ?? next.querySelector("input, textarea"));
    at?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  // A digit chooses the score of that number, y and n answer; both go on to the next question.
  form?.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.type !== "radio") return;
    const field = event.target.closest(".reading-field");
    const said = { y: "yes", n: "no" }[event.key.toLowerCase()] ?? event.key;
    const radio = choices(field).find((one) => one.value === said);
    if (!radio) return;
    event.preventDefault();
    choose(radio, field);
  });

  for (const slider of document.querySelectorAll("[data-zoom]")) {
    slider.closest(".reading-zoom").hidden = false;
    slider.addEventListener("input", () => {
      slider.closest("figure").querySelector("img").style.width = `${slider.value}%`;
    });
  }
})();
