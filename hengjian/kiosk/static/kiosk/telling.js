// What a rater tells besides a mark: how to be called back, or that somebody pressed or punished him.
import { make, post, put, t, text, told } from "./page.js";

const message = (key, kind = "notice") => text("p", key, {}, { class: kind, role: "status" });

function field(id, key, attributes) {
  const input = make("input", Object.assign({ id, autocomplete: "off", type: "text" }, attributes));
  return { input, box: make("div", { class: "line" }, text("label", key, {}, { for: id }), input) };
}

function choice(name, value, key, checked) {
  const input = make("input", { type: "radio", name, value, id: `${name}-${value}`, checked });
  return { input, box: make("div", { class: "choice" }, input, text("label", key, {}, { for: input.id })) };
}

// Anonymous, or with a contact; `given()` is null for anonymous.
export function contact(changed) {
  const anonymous = choice("named", "no", "anonymous", true);
  const named = choice("named", "yes", "named", false);
  const name = field("contact-name", "name", { maxlength: "40" });
  const reach = field("contact-reach", "reach", { maxlength: "80", inputmode: "text" });
  const fields = make("div", { hidden: true }, text("p", "namedHint", {}, { class: "hint" }), name.box, reach.box);
  const hint = text("p", "anonymousHint", {}, { class: "hint" });
  const follow = () => {
    fields.hidden = !named.input.checked;
    hint.hidden = named.input.checked;
    changed();
  };
  [anonymous, named].forEach((one) => one.input.addEventListener("change", follow));
  [name, reach].forEach((one) => one.input.addEventListener("input", changed));
  return {
    box: make("fieldset", {}, text("legend", "namedLegend"), anonymous.box, named.box, hint, fields),
    given: () => (named.input.checked ? { name: name.input.value.trim(), reach: reach.input.value.trim() } : null),
    fill(given) {
      if (!given) return;
      named.input.checked = true;
      name.input.value = given.name;
      reach.input.value = given.reach;
      follow();
    },
    focus: () => reach.input.focus(),
  };
}

// A report of pressure; `about()` gives the receipt's code and the id of the key, either may be empty.
export function report(about) {
  const kinds = ["inducement", "retaliation"].map((kind) => choice("report", kind, kind, false));
  const words = make("textarea", { id: "report-text", rows: "4", maxlength: "2000" });
  const name = field("report-name", "name", { maxlength: "40" });
  const reach = field("report-reach", "reachOptional", { maxlength: "80" });
  const status = make("div", { role: "status" });
  const send = text("button", "reportSend", {}, { type: "submit" });
  const entered = make("form", { novalidate: true },
    make("fieldset", {}, text("legend", "reportKind"), ...kinds.map((one) => one.box)),
    make("div", { class: "line" }, text("label", "reportText", {}, { for: "report-text" }), words),
    name.box, reach.box, status, send);
  entered.addEventListener("submit", async (event) => {
    event.preventDefault();
    const kind = kinds.map((one) => one.input).find((one) => one.checked);
    if (!kind || !words.value.trim()) return put(status, message("reportEmpty", "notice bad"));
    send.disabled = true;
    const said = { kind: kind.value, text: words.value.trim(), name: name.input.value.trim(), reach: reach.input.value.trim() };
    try {
      await post("cast", "/cast/report", Object.assign(said, await about()));
      put(entered, message("reported", "notice good"));
    } catch (fault) {
      send.disabled = false;
      put(status, message(told(fault), "notice bad"));
    }
  });
  return make("details", { id: "report" }, text("summary", "report"), text("p", "reportWhat"), entered);
}
