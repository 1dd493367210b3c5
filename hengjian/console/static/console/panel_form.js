// A sheet in the rater's browser. Counts the seconds while the page is seen. An anonymous sheet gets its token
// signed blind in the session, and is then cast by a request of its own without any cookie.
//
// What is kept on this device until the sheet is in: the answers, and once it is drawn the token's message and
// blinding, so that a broken line neither loses the token nor makes two. Afterwards only that it is in: whoever
// finds a receipt on a shared machine, and reads the database, would know the sheet.

import { blind, finalize, issuerKey, prepare } from "../kiosk/blind.js";

const form = document.getElementById("sheet");
const clock = document.getElementById("seconds");
let seconds = Number(clock.value) || 0;
setInterval(() => {
  if (!document.hidden) clock.value = String(++seconds);
}, 1000);

const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
const bytes = (base64) => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));

if (form.dataset.member) anonymous(form.dataset);

function anonymous(at) {
  const place = "hengjian-panel-" + at.key + "-" + at.member;
  const kept = JSON.parse(localStorage.getItem(place) || "{}");
  const keep = (more) => localStorage.setItem(place, JSON.stringify(Object.assign(kept, more)));

  if (kept.sent) return over("");
  for (const [code, value] of Object.entries(kept.answers || {})) {
    const box = form.querySelector('[name="mark-' + code + '"][value="' + value + '"]');
    if (box) box.checked = true;
    else if (form.elements["mark-" + code]) form.elements["mark-" + code].value = value;
  }
  seconds += kept.seconds || 0;
  form.addEventListener("change", () => keep({ answers: answers(), seconds }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = answers();
    if (!Object.keys(given).length) return say(at.empty, "bad");
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    say(at.sending);
    try {
      keep({ answers: given, seconds });
      if (!kept.signature) await sign();
      const own = { key: at.key, message: kept.message, signature: kept.signature };
      const done = await post(at.cast, { token: own, answers: given, seconds }, "omit", {});
      localStorage.setItem(place, JSON.stringify({ sent: true })); // the receipt leads to the sheet: shown, not kept
      over(done.receipt);
    } catch (fault) {
      if (fault.code === "panels.used") return over("");
      button.disabled = false;
      say(fault.what || at.failed, "bad");
    }
  });

  // draw and blind once, whatever happens to the line; then take the signer's answer
  async function sign() {
    const key = await issuerKey(bytes(at.spki), at.variant);
    if (!kept.blinded) {
      const prepared = prepare(key, crypto.getRandomValues(new Uint8Array(32)));
      const hidden = await blind(key, prepared);
      keep({ message: hex(prepared), inverse: hex(hidden.inverse), blinded: hex(hidden.blinded) });
    }
    const csrf = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
    const got = await post(at.token, { blinded: kept.blinded }, "same-origin", csrf);
    const signature = await finalize(key, unhex(kept.message), unhex(got.answer), unhex(kept.inverse));
    keep({ signature: hex(signature) });
  }

  function over(receipt) {
    form.hidden = true;
    say(at.sent, "good", receipt && at.receipt + receipt.slice(0, 16));
  }
}

function answers() {
  const found = {};
  for (const [name, value] of new FormData(form)) {
    if (name.startsWith("mark-") && value) found[name.slice(5)] = value;
  }
  return found;
}

async function post(url, body, credentials, headers) {
  const answer = await fetch(url, {
    method: "POST", credentials, cache: "no-store", referrerPolicy: "no-referrer",
    headers: Object.assign({ "Content-Type": "application/json" }, headers),
    body: JSON.stringify(body),
  });
  const said = await answer.json();
  if (!answer.ok) throw said;
  return said;
}

function say(text, kind, more) {
  const outcome = document.getElementById("outcome");
  const notice = document.createElement("div");
  notice.className = "hj-notice" + (kind ? " hj-notice-" + kind : "");
  for (const line of [text, more]) {
    if (line) notice.appendChild(document.createElement("p")).textContent = line;
  }
  outcome.replaceChildren(notice);
  outcome.scrollIntoView({ block: "center" });
}
