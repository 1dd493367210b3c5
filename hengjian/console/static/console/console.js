// A table that is wider than its frame can be scrolled from the keyboard; one that fits is no tab stop.
(function () {
  "use strict";
  function mark() {
    document.querySelectorAll(".hj-scroll").forEach(function (box) {
      if (box.scrollWidth > box.clientWidth + 1) { box.tabIndex = 0; } else { box.removeAttribute("tabindex"); }
    });
  }
  document.addEventListener("DOMContentLoaded", mark);
  document.addEventListener("htmx:afterSettle", mark);
  document.addEventListener("toggle", mark, true);
  window.addEventListener("resize", mark);
})();
