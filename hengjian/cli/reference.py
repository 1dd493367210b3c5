"""The pages ``docs/reference/cli.md`` and its Chinese twin, written from the commands themselves.

Run ``python -m hengjian.cli.reference``; a test keeps the pages up to date.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from hengjian.cli import cli
from hengjian.cli.commands import SECTIONS

FOLDER = Path("docs/reference")
PAGES = {"zh": "cli.zh-CN.md", "en": "cli.md"}
CHINESE = re.compile("[\u4e00-\u9fff]")
LINE = re.compile(r"(?P<zh>.*[\u4e00-\u9fff”。）；，\d]) (?P<en>[A-Za-z“.(][^\u4e00-\u9fff]*)", re.S)
HEAD = {
    "zh": """# 命令

[English](cli.md)

本页由 `python -m hengjian.cli.reference` 从程序生成，测试核对它与程序一致。
退出码：0 成功；2 用法不对或被拒（说明原因和改法）；3 无权；4 制度有误；5 核对不一致；
70 意外错误；130 被中断。任何命令加 `--help` 可看说明；`--lang en` 换成英文。
""",
    "en": """# Commands

[中文](cli.zh-CN.md)

Written from the program by `python -m hengjian.cli.reference`; a test keeps it up to date.
Exit codes: 0 done; 2 wrong usage, or refused with reason and next step; 3 not permitted; 4 a faulty
policy; 5 what was checked does not agree; 70 an unforeseen error; 130 stopped. Every command takes
`--help`; `--lang en` for English.
""",
}
DEFAULT = {"zh": "默认", "en": "default"}
NEEDED = {"zh": "必填", "en": "required"}


def page(language: str) -> str:
    """The whole page in one language."""
    lines = [HEAD[language]]
    context = click.Context(cli, info_name="hengjian")
    for section in SECTIONS:
        lines += [f"## {section.zh if language == 'zh' else section.en.capitalize()}", ""]
        for name in section.entries:
            command = cli.get_command(context, name)
            assert command is not None  # noqa: S101 (the section names only commands that exist)
            lines += _command(command, f"hengjian {name}", language)
    return "\n".join(lines).rstrip() + "\n"


def _command(command: click.Command, path: str, language: str) -> Iterator[str]:
    """One command: its form, what it does, its options; then those below it."""
    if not isinstance(command, click.Group):
        yield from (
            f"### `{_form(command, path, language)}`",
            "",
            one_language(command.help or "", language),
            "",
        )
        options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
        yield from (f"- {_option(option, language)}" for option in options)
        yield from [""] if options else []
        return
    context = click.Context(command, info_name=path)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        if below is not None:
            yield from _command(below, f"{path} {name}", language)


def _form(command: click.Command, path: str, language: str) -> str:
    """The command with its arguments; English pages name those by what the program calls them."""
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    context = click.Context(command)
    named = [
        p.make_metavar(context) if language == "zh" else f"{(p.name or '').upper()}{'...' * (p.nargs < 0)}"
        for p in arguments
    ]
    return " ".join([path, *named])


def _option(option: click.Option, language: str) -> str:
    """One option: its names, what it takes, what it is for."""
    names = ", ".join([*option.opts, *option.secondary_opts])
    takes = "" if option.is_flag or option.count else f" {option.make_metavar(click.Context(cli))}"
    notes = [NEEDED[language]] if option.required else []
    if option.show_default and option.default is not None and not callable(option.default):
        notes.append(f"{DEFAULT[language]} `{option.default}`")
    more = f"（{'；'.join(notes)}）" if language == "zh" else f" ({'; '.join(notes)})"
    return f"`{names}{takes}` — {one_language(option.help or '', language)}{more if notes else ''}"


def one_language(text: str, language: str) -> str:
    """The part of a help text that is in this language: a paragraph, or what stands before the English."""
    found = [part.replace("\n", " ").strip() for part in text.split("\n\n")]
    if len(found) == 1 and (pair := LINE.fullmatch(found[0])):
        found = [pair["zh"], pair["en"]]
    chinese = [part for part in found if CHINESE.search(part)]
    english = [part for part in found if not CHINESE.search(part)]
    return " ".join((chinese if language == "zh" else english) or found)


def write(folder: Path = FOLDER) -> None:
    """Write both pages."""
    for language, name in PAGES.items():
        (folder / name).write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    write()
