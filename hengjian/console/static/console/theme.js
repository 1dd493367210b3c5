// Light or dark as the reader's system says; runs before the page is painted.
(function () {
  "use strict";
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    document.documentElement.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
    document.dispatchEvent(new CustomEvent("hj:theme"));
  }
  apply();
  dark.addEventListener("change", apply);
})();
