"""How the console writes names and figures, in the reader's language."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language

from hengjian.console import words
from hengjian.policy.model import Parameter
from hengjian.policy.policy import Policy
from hengjian.terms.numbers import shown

LANGUAGES = (("name", "name_en"), ("title", "title_en"), ("zh", "en"))


def in_english() -> bool:
    """Whether the reader has chosen English."""
    return (get_language() or "").startswith("en")


def named(thing: Any) -> str:
    """The name of a policy's thing; a bare text stays as it is."""
    if thing is None or isinstance(thing, str):
        return thing or ""
    for chinese, english in LANGUAGES:
        if hasattr(thing, chinese):
            english_name = getattr(thing, english, "") if in_english() else ""
            return str(english_name or getattr(thing, chinese))
    return str(thing)


def names_of(things: Iterable[Any]) -> str:
    """The names of several things, joined as the language joins them."""
    return (", " if in_english() else "、").join(named(one) for one in things)


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
        return names_of(str(one) for one in value)
    return str(value)


def signed(value: float | None, step: str = "0.01") -> str:
    """A difference with its sign; a true minus, so that it is as wide as the plus."""
    if value is None:
        return "—"
    text = shown(abs(value), step)
    return text if not float(text) else f"{'−' if value < 0 else '+'}{text}"


def setting(policy: Policy, parameter: Parameter) -> str:
    """A parameter's value; a code that the policy has a name for is shown by its name."""
    value = parameter.value
    if not isinstance(value, str):
        return quantity(value)
    for names in (policy.panels, policy.parts, policy.levels, {one.code: one for one in policy.grades}):
        if value in names:
            return named(names[value])
    return words.word("option", value)
