"""How errors reach a person: what, where, what next; never a traceback."""

import logging
import secrets
import traceback
from pathlib import Path

import click

from hengjian.cli.words import lang, say, t
from hengjian.terms.errors import HengjianError

STOPPED = 130


def tell(error: HengjianError) -> int:
    """Print an error of ours; returns the exit code of its class."""
    several = getattr(error, "faults", ())
    if len(several) > 1:
        say(f"{error.what}：", f"{len(several)} faults:", err=True)
        for fault in several:
            tell(fault)
        return error.exit_code
    head = t("错误", "Error")
    where = f"\n  {t('位置', 'Where')}：{error.where}" if error.where else ""
    step = f"\n  {t('怎么办', 'What to do')}：{error.do}" if error.do else ""
    code = f" [{error.code}]" if error.code else ""
    click.echo(f"{head}{code}：{_english(error) or error.what}{where}{step}", err=True)
    return error.exit_code


def tell_usage(error: click.ClickException) -> int:
    """Print a slip in the command line itself; returns 2."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "hengjian"
    say(f"用法错误：{_slip(error)}", f"Usage: {error.format_message()}", err=True)
    say(f"  怎么办：{path} --help 查看用法", f"  What to do: {path} --help", err=True)
    return error.exit_code


def tell_unexpected(error: BaseException, folder: Path) -> int:
    """Write the traceback to a log file and print one line with its id; returns 70."""
    number = secrets.token_hex(4)
    place = _log(number, error, folder)
    say(
        f"程序出现意外错误（编号 {number}），数据没有写入一半。详情见 {place}",
        f"Unexpected error (id {number}); nothing was half-written. Details: {place}",
        err=True,
    )
    return 70


def _english(error: HengjianError) -> str:
    text = getattr(error, "english", "")
    return str(text) if lang() == "en" else ""


def _slip(error: click.ClickException) -> str:
    if isinstance(error, click.exceptions.NoSuchOption):
        near = f"，是不是 {'、'.join(error.possibilities)}" if error.possibilities else ""
        return f"没有选项 {error.option_name}{near}"
    if isinstance(error, click.exceptions.MissingParameter) and error.param is not None:
        return f"缺少 {error.param.make_metavar(error.ctx) if error.ctx else error.param.name}"
    if isinstance(error, click.exceptions.BadParameter):
        name = error.param.opts[0] if error.param is not None else error.param_hint
        return f"{name}：{error.message}"
    return error.format_message()


def _log(number: str, error: BaseException, folder: Path) -> Path:
    place = folder / "logs" / f"error-{number}.log"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(traceback.format_exception(error))
        place.write_text(text, encoding="utf-8")
        place.chmod(0o600)
    except OSError:
        logging.getLogger(__name__).exception("error %s", number)
    return place
