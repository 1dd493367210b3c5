"""How errors reach a person: what, where, what next; never a traceback."""

import errno
import logging
import re
import secrets
import traceback
from pathlib import Path

import click

from hengjian.cli.english import english
from hengjian.cli.words import lang, say, t
from hengjian.terms.errors import HengjianError, Refused

STOPPED = 130


def tell(error: HengjianError) -> int:
    """Print an error of ours; returns the exit code of its class."""
    several = getattr(error, "faults", ())
    if len(several) > 1:
        say(f"共 {len(several)} 处错误：", f"{len(several)} faults:", err=True)
        for fault in several:
            tell(fault)
        return error.exit_code
    head, colon = t("错误", "Error"), t("：", ": ")
    where = f"\n  {t('位置', 'Where')}{colon}{said(error.where)}" if error.where else ""
    step = f"\n  {t('怎么办', 'What to do')}{colon}{said(error.do)}" if error.do else ""
    code = f" [{error.code}]" if error.code else ""
    click.echo(f"{head}{code}{colon}{said(error.what)}{where}{step}", err=True)
    return error.exit_code


def said(text: str) -> str:
    """A sentence of another room in the language chosen."""
    return english(str(text)) if lang() == "en" else str(text)


def tell_usage(error: click.ClickException) -> int:
    """Print a slip in the command line itself; returns 2."""
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return error.exit_code
    path = context.command_path if context else "hengjian"
    say(f"用法错误：{_slip(error)}", f"Usage: {_slip_en(error)}", err=True)
    say(f"  怎么办：{path} --help 查看用法", f"  What to do: {path} --help", err=True)
    return error.exit_code


def tell_stopped() -> int:
    """Say that a command was stopped and left nothing half-written; returns 130."""
    say(
        "已停止。没有完成的一步已全部撤回，数据没有写入一半。",
        "Stopped. The unfinished step was rolled back; nothing is half-written.",
        err=True,
    )
    return STOPPED


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


def tell_outside(error: BaseException) -> int:
    """Print what the machine or the database server refused; returns 2."""
    return tell_system(error) if isinstance(error, OSError) else tell_database(error)


def tell_system(error: OSError) -> int:
    """Print what the machine refused, a full disk or a read-only folder; returns 2."""
    place = f"{error.filename}：" if error.filename else ""
    step = _REASONS.get(error.errno or 0, _OTHER)[1]
    why = reason_of(error)
    say(f"错误 [system.file]：{place}{why}", f"Error [system.file]: {place}{why}", err=True)
    say(f"  怎么办：{step[0]}", f"  What to do: {step[1]}", err=True)
    return Refused.exit_code


def reason_of(error: OSError) -> str:
    """Why the machine refused, in the language chosen."""
    return t(*_REASONS.get(error.errno or 0, _OTHER)[0]) or error.strerror or str(error)


def tell_database(error: BaseException) -> int:
    """Print why the database gave up; nothing was half-written. Returns 2."""
    text = " ".join(str(error).split())
    full = "No space left" in text
    say(f"错误 [database.failed]：数据库没有完成：{text}", f"Error [database.failed]: {text}", err=True)
    zh, en = _REASONS[errno.ENOSPC][1] if full else _DATABASE
    say(f"  怎么办：{zh}", f"  What to do: {en}", err=True)
    return Refused.exit_code


def is_database(error: BaseException) -> bool:
    """Whether the database server refused or went away, with or without Django in between."""
    return type(error).__name__ == "OperationalError"


Said = tuple[str, str]
_REASONS: dict[int, tuple[Said, Said]] = {
    errno.ENOSPC: (
        ("磁盘已满", "the disk is full"),
        ("请腾出空间后再试；没有写入一半", "free some space and try again; nothing is half-written"),
    ),
    errno.EACCES: (
        ("没有权限", "no permission"),
        ("请核对文件和文件夹的权限", "check the permissions of file and folder"),
    ),
    errno.EROFS: (
        ("只读，不能写入", "read-only"),
        ("请换一个能写入的文件夹", "choose a folder that can be written"),
    ),
    errno.ENOENT: (("不存在", "there is none"), ("请核对路径", "check the path")),
    errno.EISDIR: (("是文件夹", "it is a folder"), ("请给出文件", "give a file")),
    errno.ENOTDIR: (("上级不是文件夹", "its parent is not a folder"), ("请核对路径", "check the path")),
}  # fmt: skip
_OTHER = (("", ""), ("请核对路径、权限和磁盘", "check path, permissions and disk"))
_DATABASE = (
    "请核对数据库是否在运行、地址和口令是否正确（DATABASE_URL）",
    "check that the database runs and that address and password are right (DATABASE_URL)",
)


def _slip(error: click.ClickException) -> str:
    if isinstance(error, click.exceptions.NoSuchOption):
        near = f"，是不是 {'、'.join(error.possibilities)}" if error.possibilities else ""
        return f"没有选项 {error.option_name}{near}"
    if isinstance(error, click.exceptions.MissingParameter) and error.param is not None:
        return f"缺少 {_named(error.param, error.ctx)}"
    if isinstance(error, click.exceptions.BadParameter):
        name = _named(error.param, error.ctx) if error.param is not None else error.param_hint
        return f"{name}：{_chinese(error.message)}"
    return _chinese(error.format_message())


def _slip_en(error: click.ClickException) -> str:
    if isinstance(error, click.exceptions.MissingParameter) and error.param is not None:
        return f"missing {_named(error.param, error.ctx)}"
    return error.format_message()


def _named(param: click.Parameter, context: click.Context | None) -> str:
    """An option by its longest name, an argument by what it stands for."""
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return param.make_metavar(context) if context else str(param.name)


def _chinese(text: str) -> str:
    for form, zh in _SLIPS:
        found = re.search(form, text)
        if found:
            return zh.format(*found.groups())
    return text


_SLIPS = (
    (r"No such command '(.*?)'.*Did you mean '?(.*?)'?\?", "没有命令 {0}，是不是 {1}"),
    (r"No such command '(.*?)'", "没有命令 {0}"),
    (r"'(.*?)' does not match the formats? (.*?)\.?$", "“{0}”不是日期，请写成 2026-03-31"),
    (r"'(.*?)' is not one of (.*?)\.?$", "不能写“{0}”，可写：{1}"),
    (r"'(.*?)' is not a valid (?:integer|float)(?: range)?", "“{0}”不是数"),
    (r"(?:Directory|Path|File) '(.*?)' is a file", "“{0}”是文件，应为文件夹"),
    (r"(?:File|Path) '(.*?)' is a directory", "“{0}”是文件夹，应为文件"),
    (r"(?:File|Path|Directory) '(.*?)' does not exist", "“{0}”不存在"),
    (r"(\S+) is not in the range (.*?)\.?$", "{0} 不在范围 {1} 之内"),
    (r"Got unexpected extra arguments? \((.*?)\)", "多写了：{0}"),
    (r"Option '(.*?)' requires an argument", "选项 {0} 后面要写值"),
)


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
