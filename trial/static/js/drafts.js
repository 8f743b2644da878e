// Who signs out leaves nothing typed behind on this computer; whoever has something of an infusion
// that is not stored yet is asked first, on whichever page.
(() => {
  "use strict";

  let leaving = false;
  const isSignOut = (event) => new URL(event.target.action).pathname === document.body.dataset.signOut;

  function names(...starts) {
    try {
      return Object.keys(localStorage).filter((name) => starts.some((start) => name.startsWith(start)));
    } catch {
      return []; // no storage, nothing kept
    }
  }

  // Something is queued, typed or refused, or a page knows of more: it cancels the event.
  function unsent(user) {
    const held = (name) => !name.endsWith(":queue") || localStorage.getItem(name) !== "[]";
    if (names(`infusion:${user}:`).some(held)) return true;
    return !document.dispatchEvent(new Event("app:leaving", { cancelable: true }));
  }

  document.addEventListener("submit", (event) => {
    if (leaving || !isSignOut(event) || !unsent(document.body.dataset.user)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    window.app.ask(document.getElementById("app-texts").dataset.leaving, () => {
      leaving = true;
      event.target.requestSubmit();
    });
  }, true);

  document.addEventListener("submit", (event) => {
    if (!isSignOut(event)) return;
    const { user } = document.body.dataset;
    document.body.dataset.signingOut = "yes"; // so that nothing is kept on the way out
    for (const name of names(`lab-draft:${user}:`, `infusion:${user}:`)) localStorage.removeItem(name);
  });
})();
