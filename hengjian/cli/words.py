"""What the command line says: Chinese first, English by ``--lang en`` or HENGJIAN_LANG=en."""

import os

import click

_state = {"lang": "en" if os.environ.get("HENGJIAN_LANG", "").startswith("en") else "zh"}


def use(lang: str) -> None:
    """Choose the language of messages from here on."""
    _state["lang"] = "en" if lang.startswith("en") else "zh"


def lang() -> str:
    """``zh`` or ``en``."""
    return _state["lang"]


def t(zh: str, en: str) -> str:
    """The text in the language chosen."""
    return en if _state["lang"] == "en" else zh


def say(zh: str, en: str, *, err: bool = False, bold: bool = False) -> None:
    """Print one message."""
    click.echo(click.style(t(zh, en), bold=bold or None), err=err)


def both(zh: str, en: str) -> str:
    """A help text: the chosen language first, the other below."""
    return f"{en}\n\n{zh}" if _state["lang"] == "en" else f"{zh}\n\n{en}"
