// Small help for the keyboard and for quick hands.
// A table that is wider than its frame can be scrolled from the keyboard; one that fits is no tab stop.
(function () {
  "use strict";
  function mark() {
    document.querySelectorAll(".hj-scroll").forEach(function (box) {
      if (box.scrollWidth > box.clientWidth + 1) { box.tabIndex = 0; } else { box.removeAttribute("tabindex"); }
    });
  }
  document.addEventListener("DOMContentLoaded", function () {
    mark();
    // opened before htmx was ready: ask for its content now
    document.querySelectorAll("details[open][hx-get]").forEach(function (one) {
      if (window.htmx) { window.htmx.trigger(one, "toggle"); }
    });
  });
  document.addEventListener("htmx:afterSettle", mark);
  document.addEventListener("toggle", mark, true);
  window.addEventListener("resize", mark);
})();
