// The receipt page: whoever holds a code sees that the rating counts, and what was done; nobody sees its content.
import { fields } from "./ballot.js";
import { check, readTrust } from "./log.js";
import { begin, byId, day, load, loadForm, make, post, put, show, t, text, told, unbase64 } from "./page.js";
import { plain } from "./receipts.js";
import { report } from "./telling.js";

const main = byId("main");
let form;
const message = (key, values, kind = "notice") => text("p", key, values, { class: kind, role: "status" });

async function start() {
  try {
    form = await loadForm();
  } catch (fault) {
    put(main, message(told(fault), {}, "notice bad"));
    return;
  }
  const given = /^#([0-9A-Za-z-]{20,40})$/.exec(location.hash);
  if (location.hash) history.replaceState(null, "", location.pathname);
  ask(given ? given[1] : "");
}

function ask(code) {
  const input = make("input", { id: "code-input", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: "40", "aria-describedby": "code-hint" });
  input.value = code;
  const found = make("div", { id: "found" });
  const entered = make("form", { novalidate: true },
    text("label", "enterCode", {}, { for: "code-input" }), text("p", "codeHint", {}, { id: "code-hint", class: "hint" }),
    input, text("button", "look", {}, { type: "submit", class: "main" }));
  entered.addEventListener("submit", (event) => {
    event.preventDefault();
    look(input.value, found);
  });
  put(main, entered, found, text("p", "help", { hotline: form.hotline }, { class: "hint help" }));
  if (code) look(code, found);
}

async function look(given, found) {
  const code = plain(given);
  put(found, message("loading"));
  try {
    const seen = await post("cast", "/cast/receipt", { code });
    put(found, await counted(seen), replies(seen), answering(code, found), ...amending(code, seen, found),
      report(async () => ({ code, key: "" })));
  } catch (fault) {
    put(found, message(told(fault), { hotline: form.hotline }, "notice bad"));
  }
}

async function counted(seen) {
  const section = make("section", { "aria-labelledby": "counted" }, text("h2", "counted", {}, { id: "counted" }),
    seen.excluded
      ? message("excluded", () => ({ on: day(seen.excluded.on), why: seen.excluded.why }))
      : message("countedOn", () => ({ on: day(seen.cast_on) }), "notice good"));
  section.append(await proved(seen));
  section.append(text("p", seen.released ? "releasedYes" : "releasedNo", { least: form.least }));
  return section;
}

async function proved(seen) {
  if (!seen.proof) return text("p", "proofWait");
  try {
    const trust = readTrust(await (await load("/kiosk/trust")).text());
    const held = await check(unbase64(seen.entry), seen.proof, trust);
    return text("p", "proofGood", { index: held.index, n: held.witnesses }, { id: "proof" });
  } catch (_fault) {
    return text("p", "proofBad", { hotline: form.hotline }, { class: "notice bad", id: "proof" });
  }
}

function replies(seen) {
  const section = make("section", { "aria-labelledby": "replies" }, text("h2", "replies", {}, { id: "replies" }));
  if (!seen.replies.length) section.append(text("p", "repliesNone"));
  seen.replies.forEach(({ side, on, text: words }) => {
    const head = text("h3", side === "staff" ? "sideStaff" : "sideRater", () => ({ on: day(on) }));
    section.append(make("article", { class: side }, head, make("p", {}, words)));
  });
  return section;
}

function answering(code, found) {
  const words = make("textarea", { id: "answer", rows: "3", maxlength: "2000", "aria-describedby": "answer-hint" });
  const status = make("div");
  const entered = make("form", { novalidate: true, class: "line" },
    text("label", "answer", {}, { for: "answer" }), text("p", "answerHint", {}, { id: "answer-hint", class: "hint" }),
    words, status, text("button", "answerSend", {}, { type: "submit" }));
  entered.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!words.value.trim()) return;
    try {
      await post("cast", "/cast/answer", { code, text: words.value.trim() });
      look(code, found);
    } catch (fault) {
      put(status, message(told(fault), {}, "notice bad"));
    }
  });
  return make("section", {}, entered);
}

function amending(code, seen, found) {
  if (seen.today > seen.amend_until) return [];
  const root = make("div");
  const status = make("div", { role: "status" });
  const ballot = fields(root, form, () => {});
  const send = text("button", "amendSend", {}, { type: "submit" });
  const entered = make("form", { novalidate: true }, root, status, send);
  entered.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = ballot.said();
    if (!said.mark) {
      put(status, message("chooseMark", {}, "notice bad"));
      ballot.first().focus();
      return;
    }
    send.disabled = true;
    try {
      await post("cast", "/cast/amend", { code, ballot: Object.assign(said, { receipt: "0".repeat(64) }) });
      await look(code, found);
      found.prepend(message("amended", {}, "notice good"));
    } catch (fault) {
      send.disabled = false;
      put(status, message(told(fault), {}, "notice bad"));
    }
  });
  const title = text("summary", "amend", () => ({ until: day(seen.amend_until) }));
  return [make("details", { id: "amend" }, title, text("p", "amendWhat"), entered)];
}

begin();
start();
