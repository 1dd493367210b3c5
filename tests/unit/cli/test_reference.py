"""The pages that name every command: current, and whole in both languages."""

from pathlib import Path

import click
import pytest

from hengjian.cli import cli, reference


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_what_the_commands_say(root: Path, language: str) -> None:
    written = (root / reference.FOLDER / reference.PAGES[language]).read_text(encoding="utf-8")
    assert written == reference.page(language), "run: python -m hengjian.cli.reference"


def commands(command: click.Command, path: str = "hengjian") -> list[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        return [(path, command)]
    context = click.Context(command)
    below = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [one for name, found in below if found for one in commands(found, f"{path} {name}")]


def test_every_command_and_option_says_what_it_is_for_in_both_languages() -> None:
    wrong = []
    for path, command in commands(cli):
        texts = {"": command.help or ""}
        texts |= {p.opts[0]: p.help or "" for p in command.params if isinstance(p, click.Option)}
        for name, text in texts.items():
            zh, en = (reference.one_language(text, language) for language in ("zh", "en"))
            if not reference.CHINESE.search(zh) or not en or reference.CHINESE.search(en):
                wrong.append(f"{path} {name}: {text}")
    assert wrong == []
