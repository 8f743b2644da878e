// Reads a code with the camera into a field, where the browser can (BarcodeDetector). A keyboard
// wedge needs nothing of this: it types the number and Enter. Only the number stays.
(() => {
  "use strict";

  const box = document.querySelector("[data-camera]");
  const buttons = [...document.querySelectorAll("[data-camera-for]")];
  const first = document.querySelector("[data-scan]");
  if (first && !document.querySelector(".field-wrong")) first.focus();
  for (const input of document.querySelectorAll("[data-scan]")) {
    // A wedge sends Enter after each number: it leads to the next field until the last one.
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || input.form.method === "get") return;
      event.preventDefault();
      const fields = [...input.form.elements].filter((one) => one.offsetParent && !one.disabled && one.tagName === "INPUT");
      fields[fields.indexOf(input) + 1]?.focus();
    });
  }
  if (!box) return;

  const able = "BarcodeDetector" in window && navigator.mediaDevices?.getUserMedia;
  document.querySelector("[data-camera-none]").hidden = Boolean(able);
  if (!able) return;

  const video = box.querySelector("[data-camera-video]");
  const status = box.querySelector("[data-camera-status]");
  let stream = null;
  let asked = null;

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    box.hidden = true;
  }

  function take(text) {
    const button = asked;
    const input = document.getElementById(button.dataset.cameraFor);
    stop();
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
    if ("cameraSubmit" in button.dataset) input.form.requestSubmit();
  }

  async function look(detector) {
    if (!stream) return;
    const found = await detector.detect(video).catch(() => []);
    if (!stream) return;
    if (found.length) take(found[0].rawValue);
    else setTimeout(() => look(detector), 150);
  }

  async function open(button) {
    stop();
    asked = button;
    box.hidden = false;
    status.textContent = status.dataset.looking;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      await video.play();
      look(new BarcodeDetector());
    } catch {
      stop();
      box.hidden = false;
      status.textContent = status.dataset.denied;
    }
  }

  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener("click", () => open(button));
  }
  box.querySelector("[data-camera-stop]").addEventListener("click", stop);
  window.addEventListener("pagehide", stop);
})();
