// The rating page. The secret comes in the address's fragment, which no server sees, and leaves it at once.
import { fields } from "./ballot.js";
import { begin, byId, castBase, day, either, hex, loadForm, make, post, put, sha256, show, store, t, text, told, unhex, utf8 } from "./page.js";
import { code as drawQr } from "./qr.js";
import { digest, newCode } from "./receipts.js";
import { contact, report } from "./telling.js";
import { checkedKey, obtain } from "./token.js";

const DRAFT = "hj-draft-"; // and the digest of the link's secret: each link has a draft of its own
const LAST = "hj-last"; // the one that was worked at last
const ASKED = ["prepared", "blinded", "inverse", "token"];
const SECRET = /^#(a\.)?([0-9A-Za-z_-]{20,64})$/;
const main = byId("main");
let form, draft, name, offer, ballot, named, obtaining;

const place = (...parts) => put(main, ...parts);
const message = (key, values, kind = "notice") => text("p", key, values, { class: kind, role: "status" });

function linked() {
  const found = SECRET.exec(location.hash);
  if (!found) return null;
  history.replaceState(null, "", location.pathname);
  return { secret: found[2], assisted: Boolean(found[1]) };
}

async function start() {
  place(message("loading"));
  try {
    await takeUp(linked());
    form = await loadForm();
    if (!draft) return place(message("noLink"), help());
    offer = await post("issue", "/issue/open", { secret: draft.secret });
  } catch (fault) {
    return stopped(fault);
  }
  if (!offer.issued || draft.prepared) return fill();
  return used();
}

function used() {
  const { secret } = draft;
  forget();
  place(matter(), message("used"), receiptLink(), noMore(secret), help());
}

// -- drafts -------------------------------------------------------------------------------------

async function takeUp(link) {
  if (link) {
    name = DRAFT + hex(await sha256(utf8(link.secret)));
    draft = Object.assign(store.get(name) || {}, link);
    keep();
  } else {
    name = [store.get(LAST), ...unsent()].find((one) => one && store.get(one));
    draft = name ? store.get(name) : null;
  }
}

// What is kept is never poorer than it was: the same link may be open in another tab. What the issuer was
// asked there is asked here too, and the receipt is the same.
function keep() {
  if (!draft) return;
  const held = store.get(name) || {};
  if (held.prepared && !draft.token) ASKED.forEach((key) => (draft[key] = held[key] || draft[key]));
  draft.code = held.code || draft.code;
  store.set(name, draft);
  store.set(LAST, name);
}

function forget() {
  store.drop(name);
  if (store.get(LAST) === name) store.drop(LAST);
  draft = null;
}

const unsent = () => store.names(DRAFT).filter((one) => (store.get(one) || {}).mark);

window.addEventListener("storage", (event) => {
  if (event.key !== name || event.newValue !== null || !draft) return;
  draft = null;
  place(message("elsewhere"), receiptLink(), help());
});

function stopped(fault) {
  const again = text("button", "again", {}, { type: "button", onclick: start });
  const gone = fault.status === 404 || fault.status === 410;
  if (gone && draft) forget();
  place(message(told(fault), { hotline: form ? form.hotline : "12345" }, "notice bad"), ...(gone ? [] : [again]), help());
}

function matter() {
  const rows = [
    ["matterKind", () => either(offer.kind)],
    ["matterOn", () => day(offer.on)],
    ["matterUnit", () => offer.unit],
    ["matterPost", () => offer.post],
  ];
  const list = make("dl");
  rows.forEach(([key, value]) => list.append(text("dt", key), show(make("dd"), value)));
  return make("section", { class: "matter", "aria-labelledby": "matter" }, text("h2", "matter", {}, { id: "matter" }), list);
}

function fill() {
  const status = make("p", { id: "status", role: "status" });
  const root = make("div");
  const before = draft.mark || draft.comment;
  const changed = () => {
    Object.assign(draft, ballot.said(), { named: named.given() });
    keep();
    if (draft.mark) early();
  };
  ballot = fields(root, form, changed);
  named = contact(changed);
  ballot.fill(draft);
  named.fill(draft.named);
  const send = text("button", "submit", {}, { type: "submit", class: "main" });
  const entered = make("form", { novalidate: true }, root, named.box, status, send);
  entered.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(send, status);
  });
  place(
    ...(draft.assisted ? [message("assisted", {}, "notice assisted")] : []),
    matter(),
    ...(before ? [message("draftBack")] : []),
    entered,
    text("p", "draft", {}, { class: "hint" }),
    explained(),
    report(about),
    ways(),
    help(),
  );
}

// The token is asked for when the first mark is chosen, not when the ballot is sent: between the two lies
// the time that somebody needs to fill the form in, and no clock joins them.
function early() {
  if (!obtaining) obtaining = prepareToken().catch((fault) => ((obtaining = null), fault));
}

async function prepareToken() {
  const key = await checkedKey(offer);
  const note = byId("key");
  put(note, text("span", "keyGood", { index: key.index, n: key.witnesses }));
  note.hidden = false;
  return obtain(draft, offer, keep);
}

async function token() {
  const found = await (obtaining || prepareToken());
  return found instanceof Error ? prepareToken() : found;
}

// A report from this page says which key, and so which post, but not which ballot.
const about = async () => ({ code: "", key: hex(await sha256(unhex(offer.spki))) });

async function submit(send, status) {
  Object.assign(draft, ballot.said(), { named: named.given() });
  if (!draft.mark) {
    tell(status, "chooseMark", "bad");
    ballot.first().focus();
    return;
  }
  if (draft.named && draft.named.reach.length < 5) {
    tell(status, "reachShort", "bad");
    named.focus();
    return;
  }
  if (!draft.code) draft.code = newCode();
  keep();
  send.disabled = true;
  tell(status, "submitting", "");
  try {
    const words = { mark: draft.mark, tags: draft.tags, comment: draft.comment, how: draft.assisted ? "assisted" : "self", receipt: await digest(draft.code) };
    await post("cast", "/cast/ballot", { token: await token(), ballot: words });
    if (draft) done(false);
  } catch (fault) {
    if (fault.message === "ballots.token_used") return usedUp(await counted());
    if (!draft) return;
    send.disabled = false;
    tell(status, told(fault), "bad");
  }
}

// An answer was lost: the receipt tells whether the ballot is in. Without a draft another tab has sent it.
async function counted() {
  if (!draft) return false;
  try {
    return Boolean(await post("cast", "/cast/receipt", { code: draft.code }));
  } catch (_fault) {
    return false;
  }
}

function usedUp(ours) {
  if (!draft) return;
  if (ours) return done(true);
  used();
}

function tell(status, key, kind) {
  status.className = kind ? `notice ${kind}` : "notice";
  put(status, text("span", key, { hotline: form.hotline }));
}

// -- after casting ------------------------------------------------------------------------------

function done(earlier) {
  const { code, named: given, secret } = draft;
  forget();
  const url = `${castBase() || location.origin}/receipt#${code}`;
  const heading = text("h2", "doneTitle", {}, { tabindex: "-1" });
  const picture = drawQr(url);
  if (picture) show(picture, () => t("qrLabel"), "aria-label");
  place(
    make("section", { class: "done" }, heading, ...(earlier ? [message("doneEarlier")] : []),
      text("p", "codeIs"), make("p", { class: "code", id: "code" }, code), text("p", "codeWhat", { days: form.amend_days }),
      make("div", { class: "row" }, copyButton(code), saveButton(code, url),
        text("button", "print", {}, { type: "button", onclick: () => window.print() })),
      ...(given ? [leaving(code, given)] : []),
      ...(picture ? [make("figure", {}, picture)] : []),
      make("p", {}, text("a", "toReceipt", {}, { href: url, id: "to-receipt" }))),
    ...(unsent().length ? [make("p", { class: "notice" }, text("a", "another", {}, { href: "/r", id: "another" }))] : []),
    noMore(secret),
    help(),
  );
  heading.focus();
}

// The contact goes after the ballot; when it does not arrive it can be sent again while the page is open.
function leaving(code, given) {
  const box = make("div", { id: "contact" });
  const send = async () => {
    try {
      await post("cast", "/cast/contact", { code, name: given.name, reach: given.reach });
      put(box, message("contactLeft", {}, "notice good"));
    } catch (fault) {
      const again = text("button", "again", {}, { type: "button", onclick: send });
      put(box, message("contactFailed", {}, "notice bad"), again);
    }
  };
  send();
  return box;
}

function copyButton(code) {
  const button = text("button", "copy", {}, { type: "button", id: "copy" });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code);
      button.textContent = t("copied");
    } catch (_fault) {
      getSelection().selectAllChildren(byId("code"));
    }
  });
  return button;
}

function saveButton(code, url) {
  const button = text("button", "save", {}, { type: "button", id: "save" });
  button.addEventListener("click", () => {
    const file = URL.createObjectURL(new Blob([t("saveText", { code, url })], { type: "text/plain" }));
    const link = make("a", { href: file, download: t("saveName") });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(file), 10000);
  });
  return button;
}

// -- beside the form ----------------------------------------------------------------------------

const help = () => text("p", "help", () => ({ hotline: form ? form.hotline : "12345" }), { class: "hint help" });
const receiptLink = () => make("p", {}, text("a", "toReceipt", {}, { href: `${castBase()}/receipt` }));

function explained() {
  const key = make("p", { id: "key", hidden: true, class: "hint" });
  const parts = ["how1", "how2", "how3", "how4"].map((name) => text("p", name, { least: form.least }));
  return make("details", {}, text("summary", "how"), ...parts, key);
}

const plain = (key, id, ask, then) =>
  text("button", key, {}, { type: "button", class: "plain", id, onclick: async () => confirm(t(ask)) && then() });

// The link says to which address it was sent; after the rating too.
function noMore(secret, ...beside) {
  const note = make("div");
  const stop = async () => {
    try {
      await post("issue", "/issue/opt-out", { secret });
      put(note, message("optOutDone"));
    } catch (fault) {
      put(note, message(told(fault), {}, "notice bad"));
    }
  };
  return make("div", { class: "ways" }, ...beside, plain("optOut", "opt-out", "optOutSure", stop), note);
}

function ways() {
  const wipe = () => {
    store.wipe();
    draft = null;
    place(message("wiped"));
  };
  return noMore(draft.secret, plain("wipe", "wipe", "wipeSure", wipe));
}

window.addEventListener("hashchange", () => {
  if (location.hash.length > 1) location.reload();
});
begin();
start();
