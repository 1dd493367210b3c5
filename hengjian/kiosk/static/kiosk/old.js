// For browsers that cannot blind (no BigInt): old syntax only, it says where else one can rate.
(function () {
  var able =
    typeof BigInt === "function" &&
    window.fetch &&
    window.crypto &&
    crypto.subtle &&
    "noModule" in document.createElement("script");
  if (!able) {
    document.getElementById("old").hidden = false;
    document.getElementById("app").hidden = true;
  }
})();
