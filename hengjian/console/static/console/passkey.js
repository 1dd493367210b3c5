// Says what to do when the browser could not use a passkey, or the person broke it off.
(() => {
  "use strict";
  document.addEventListener("allauth.error", (event) => {
    const place = document.getElementById("passkey-failed");
    if (!place) return;
    event.preventDefault();
    place.hidden = false;
    place.focus();
  });
})();
