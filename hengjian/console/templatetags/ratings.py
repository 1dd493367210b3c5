"""Filters of the pages about ratings."""

from django import template

from hengjian.console import followup_desk

register = template.Library()


@register.filter
def label(code: object, kind: str) -> str:
    """A code of this part in the reader's language."""
    return followup_desk.label(code, kind)


@register.filter
def tag(code: object) -> str:
    """A rating's tag by its code."""
    return followup_desk.tag_name(str(code))
