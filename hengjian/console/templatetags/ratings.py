"""Filters of the pages about ratings."""

from django import template

from hengjian.console import followup_desk
from hengjian.console.public_ratings import synthetic

register = template.Library()


@register.filter
def label(code: object, kind: str) -> str:
    """A code of this part in the reader's language."""
    return followup_desk.label(code, kind)


@register.filter
def tag(code: object) -> str:
    """A rating's tag by its code."""
    return followup_desk.tag_name(str(code))


@register.filter
def system(reason: str) -> str:
    """What the system wrote, in the reader's language."""
    return followup_desk.system_said(reason)


@register.simple_tag
def made_up() -> bool:
    """Whether the city is the demonstration's: then every page says that its data are synthetic."""
    return synthetic()
