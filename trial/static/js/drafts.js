// Who signs out leaves nothing typed behind on this computer.
(() => {
  "use strict";

  document.addEventListener("submit", (event) => {
    const { signOut, user } = document.body.dataset;
    if (new URL(event.target.action).pathname !== signOut) return;
    document.body.dataset.signingOut = "yes"; // so that nothing is kept on the way out
    try {
      for (const name of Object.keys(localStorage)) {
        const ours = [`lab-draft:${user}:`, `infusion:${user}:`];
        if (ours.some((start) => name.startsWith(start))) localStorage.removeItem(name);
      }
    } catch { /* no storage, nothing kept */ }
  });
})();
