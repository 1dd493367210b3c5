// The part of the form that says something: mark, tags, comment. Used for rating and for amending.
import { either, make, put, show, t, text } from "./page.js";

export const levelOf = (form, mark) => either(form.levels.find((level) => mark <= level.to));

// Builds the fields into `root`; gives `said()`, `fill(draft)` and calls `changed` at every change.
export function fields(root, form, changed) {
  let mark = 0;
  const level = show(make("p", { class: "level", "aria-live": "polite" }), () =>
    mark ? t("markOf", { mark, level: levelOf(form, mark) }) : t("markNone"),
  );
  const redraw = () => {
    level.textContent = mark ? t("markOf", { mark, level: levelOf(form, mark) }) : t("markNone");
  };
  const marks = Array.from({ length: 10 }, (_none, at) => {
    const value = at + 1;
    const input = make("input", { type: "radio", name: "mark", value: String(value), id: `mark-${value}` });
    input.addEventListener("change", () => {
      mark = value;
      redraw();
      changed();
    });
    return make("div", { class: "mark" }, input, make("label", { for: input.id }, String(value)));
  });
  const tags = form.tags.map((tag) => {
    const input = make("input", { type: "checkbox", value: tag.code, id: `tag-${tag.code}` });
    input.addEventListener("change", changed);
    const label = show(make("label", { for: input.id }), () => either(tag));
    return { tag, input, box: make("div", { class: tag.good ? "tag good" : "tag bad" }, input, label) };
  });
  const chosen = (good) => tags.filter((one) => one.tag.good === good).map((one) => one.box);
  const comment = make("textarea", { id: "comment", rows: "3", maxlength: String(form.comment), "aria-describedby": "comment-hint comment-left" });
  const left = show(make("p", { id: "comment-left", class: "hint" }), () => t("commentLeft", { n: form.comment - Array.from(comment.value).length }));
  comment.addEventListener("input", () => {
    left.textContent = t("commentLeft", { n: form.comment - Array.from(comment.value).length });
    changed();
  });
  put(
    root,
    make("fieldset", { class: "marks" }, text("legend", "markLegend"), make("div", { class: "grid" }, ...marks), level),
    make("fieldset", {}, text("legend", "goodLegend"), make("div", { class: "tags" }, ...chosen(true))),
    make("fieldset", {}, text("legend", "badLegend"), make("div", { class: "tags" }, ...chosen(false))),
    make("div", { class: "field" }, text("label", "comment", {}, { for: "comment" }), text("p", "commentHint", {}, { id: "comment-hint", class: "hint" }), comment, left),
  );
  return {
    said: () => ({
      mark,
      tags: tags.filter((one) => one.input.checked).map((one) => one.tag.code),
      comment: comment.value.trim(),
    }),
    fill(draft) {
      mark = draft.mark || 0;
      if (mark) marks[mark - 1].firstChild.checked = true;
      tags.forEach((one) => (one.input.checked = (draft.tags || []).includes(one.tag.code)));
      comment.value = draft.comment || "";
      redraw();
      left.textContent = t("commentLeft", { n: form.comment - Array.from(comment.value).length });
    },
    first: () => marks[0].firstChild,
  };
}
