// The secret of a link stands after the #: it never reaches a server's log. It is put into the form, taken out
// of the address, and sent by POST when the reader says so (a preview that opens the link uses nothing up).
(function () {
  "use strict";
  var secret = location.hash.slice(1);
  if (!secret) { return; }
  history.replaceState(null, "", location.pathname);
  document.getElementById("id_secret").value = secret;
})();
