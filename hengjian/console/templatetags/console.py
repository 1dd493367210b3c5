"""How the console writes names, figures, digests and bars."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from hengjian.console import words
from hengjian.console.navigation import Entry, entries
from hengjian.terms.numbers import shown

register = template.Library()


def in_english() -> bool:
    """Whether the reader has chosen English."""
    return (get_language() or "").startswith("en")


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[Entry]:
    """The navigation's entries for this person."""
    request = context.get("request")
    return entries(request) if request is not None else []


@register.inclusion_tag("console/parts/language.html", takes_context=True)
def language_switch(context: Context) -> dict[str, object]:
    """The button that changes to the other language and comes back to this page."""
    request = context.get("request")
    here = request.get_full_path() if request is not None and request.method == "GET" else "/"
    return {
        "other": "zh-hans" if in_english() else "en",
        "next": here,
        "csrf_token": context.get("csrf_token"),
    }


@register.filter
def named(thing: Any) -> str:
    """The name of a policy's thing in the reader's language."""
    if thing is None or isinstance(thing, str):
        return thing or ""
    for chinese, english in (("name", "name_en"), ("title", "title_en"), ("zh", "en")):
        if hasattr(thing, chinese):
            return str((getattr(thing, english, "") if in_english() else "") or getattr(thing, chinese))
    return str(thing)


@register.filter
def word(code: object, kind: str) -> str:
    """The word for a code (state, zone, level, gap ...) in the reader's language."""
    return words.word(kind, str(code))


@register.filter
def figure(value: float | None, step: str = "0.01") -> str:
    """A figure half-up to the step; a gap is a dash."""
    return shown(value, step)


@register.filter
def quantity(value: object) -> str:
    """A value as it was recorded: without needless zeros, thousands set off; text stays text."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return words.word("bool", str(value))
    if isinstance(value, int | float):
        text = f"{value:,.6f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    if isinstance(value, tuple | list):
        return "、".join(str(one) for one in value)
    return str(value)


@register.simple_tag
def setting(policy: Any, parameter: Any) -> str:
    """A parameter's value; a code that the policy has a name for is shown by its name."""
    value = parameter.value
    if not isinstance(value, str):
        return quantity(value)
    for names in (policy.panels, policy.parts, policy.levels, {one.code: one for one in policy.grades}):
        if value in names:
            return named(names[value])
    return words.word("option", value)


@register.filter
def signed(value: float | None, step: str = "0.01") -> str:
    """A difference with its sign; a true minus, so that it is as wide as the plus."""
    if value is None:
        return "—"
    text = shown(abs(value), step)
    if not float(text):
        return text
    return f"{'−' if value < 0 else '+'}{text}"


@register.filter
def digest(value: str) -> SafeString:
    """A digest, shortened; the whole stands in its title."""
    return format_html('<span class="hj-digest" title="{}">{}…</span>', value, value[:16])


@register.simple_tag
def bar(*parts: float | None, whole: float = 100.0) -> SafeString:
    """One bar of parts of a whole: a picture only, so hidden from readers of the table."""
    left, rects = 0.0, []
    for place, part in enumerate(parts):
        width = max(0.0, min(100.0 - left, 100.0 * (part or 0.0) / whole)) if whole else 0.0
        rects.append((f"{left:.3f}", f"{width:.3f}", ("one", "two")[place % 2]))
        left += width
    inner = format_html_join("", '<rect x="{}%" y="0" width="{}%" height="100%" class="{}"/>', rects)
    return format_html(
        '<svg class="hj-bar" aria-hidden="true" focusable="false">'
        '<rect class="ground" width="100%" height="100%"/>{}</svg>',
        inner,
    )


@register.filter
def get(mapping: dict[Any, Any] | None, key: object) -> object:
    """The entry of a mapping, or nothing."""
    return mapping.get(key) if mapping else None


@register.filter
def names_of(things: Iterable[Any]) -> str:
    """The names of several things, joined as the language joins them."""
    return (", " if in_english() else "、").join(named(one) for one in things)
