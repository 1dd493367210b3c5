"""The frame of the command line: commands by what people do, loaded only when called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from hengjian.cli.words import t


@dataclass(frozen=True)
class Entry:
    """One command in the list: where its code stands, and its line of help in two languages."""

    target: str
    zh: str
    en: str


@dataclass(frozen=True)
class Section:
    """Commands that belong to one kind of work."""

    zh: str
    en: str
    entries: Mapping[str, Entry]


class Frame(click.Group):
    """A group whose commands are imported when they are called, so that help comes at once."""

    def __init__(self, *args: Any, sections: Sequence[Section], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections = tuple(sections)
        self._entries = {n: e for s in sections for n, e in s.entries.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All names, in the order of the sections."""
        return list(self._entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command's module and hand out the command."""
        if cmd_name not in self._entries:
            return None
        module, _, attribute = self._entries[cmd_name].target.partition(":")
        command = getattr(import_module(module), attribute)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list by section."""
        for section in self.sections:
            with formatter.section(t(f"{section.zh} {section.en}", section.en)):
                rows = [(n, t(f"{e.zh}  {e.en}", e.en)) for n, e in section.entries.items()]
                formatter.write_dl(rows)


class Verb(click.Command):
    """A command whose first line of help is Chinese and second English, both kept whole."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write both languages without re-wrapping them into one another."""
        formatter.write_paragraph()
        with formatter.indentation():
            for line in (self.help or "").splitlines():
                if line.strip():
                    formatter.write_text(line.strip())
