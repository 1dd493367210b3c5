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
  // Ctrl+K or ⌘K leads to the search at the head of the page
  document.addEventListener("keydown", function (event) {
    var box = document.getElementById("search");
    if (box && event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });
  // one box marks all boxes of its form with the name that it says
  document.addEventListener("change", function (event) {
    var name = event.target.dataset && event.target.dataset.checkAll;
    if (!name) { return; }
    event.target.form.querySelectorAll("input[name='" + name + "']").forEach(function (one) { one.checked = event.target.checked; });
  });
  document.addEventListener("htmx:afterSettle", mark);
  document.addEventListener("toggle", mark, true);
  window.addEventListener("resize", mark);
})();
