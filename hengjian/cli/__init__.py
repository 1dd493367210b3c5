"""The command line ``hengjian``: the frame, and the commands that no other room's face owns."""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

import click

from hengjian.cli import faults, words
from hengjian.cli.commands import SECTIONS
from hengjian.cli.frame import Frame
from hengjian.database import data_folder
from hengjian.terms.errors import HengjianError

HELP = "衡鉴：按条文考核，每个数字都能拆开，每个结果都能重算。"
HELP_EN = "Hengjian: assessment by clause; every figure explained, every result recomputable."


def _lang(_ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value:
        words.use(value)


@click.group(
    cls=Frame,
    sections=SECTIONS,
    help=f"{HELP}\n\n{HELP_EN}",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    callback=_lang,
    is_eager=True,
    expose_value=False,
    help="消息的语言 Language of messages (HENGJIAN_LANG).",
)
@click.version_option(package_name="hengjian", prog_name="hengjian", help="版本 Version.")
def cli() -> None:
    """Nothing by itself: every command stands in its own module."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command; ends the process with the exit code of what happened."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors are told, never thrown."""
    before = _stop_cleanly()
    try:
        outcome = cli.main(args=argv, prog_name="hengjian", standalone_mode=False)
        return outcome if isinstance(outcome, int) else 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001
        return _told(error)
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _told(error: BaseException) -> int:
    """Say what happened in words and give the exit code."""
    match error:
        case HengjianError():
            return faults.tell(error)
        case click.Abort() | KeyboardInterrupt():
            return faults.tell_stopped()
        case click.ClickException():
            return faults.tell_usage(error)
        case BrokenPipeError():
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
            return 0
    if isinstance(error, OSError) or faults.is_database(error):
        return faults.tell_outside(error)
    return faults.tell_unexpected(error, data_folder(os.environ))


def _stop_cleanly() -> Any:
    """Let SIGTERM end a command as Ctrl-C does, so that the embedded server is left in order."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        return signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread
        return None
