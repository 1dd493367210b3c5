"""Start: the data folder, the database, the web server."""

import os
import subprocess
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click

from hengjian.cli.frame import Verb
from hengjian.cli.session import bring_up_to_date, django_ready
from hengjian.cli.words import both, say

PATIENCE = 10  # seconds for a worker to end its duty


@click.command(
    cls=Verb,
    help=both("建立数据目录和数据库；做过的不再做。", "Make the data folder and the database; done once."),
)
def init() -> None:
    """Make everything ready."""
    with django_ready(migrate=False) as folder:
        steps = bring_up_to_date(quietly_allowed=True)
        say(f"数据目录：{folder}", f"Data folder: {folder}")
        say(
            f"数据库已就绪（升级 {steps} 步）。下一步：hengjian user add，或 hengjian demo",
            f"The database is ready ({steps} steps applied). Next: hengjian user add, or hengjian demo",
        )


@click.command(cls=Verb, help=both("升级数据库结构。", "Bring the database up to date."))
def migrate() -> None:
    """Apply migrations."""
    with django_ready(migrate=False):
        steps = bring_up_to_date(quietly_allowed=True)
        say(f"已升级 {steps} 步" if steps else "结构已是最新", f"{steps} steps applied")


@click.command(
    cls=Verb,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    help=both("运行 Django 的管理命令。", "Run one of Django's own commands."),
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> int:
    """Hand over to Django."""
    from django.core.management import execute_from_command_line

    with django_ready(migrate=False):
        execute_from_command_line(["hengjian manage", *arguments])
    return 0


@click.command(cls=Verb, help=both("打开网页端（Ctrl-C 结束）。", "Serve the console (Ctrl-C ends it)."))
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 Address.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="端口 Port.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="进程数 Processes.")
@click.option(
    "--threads", default=16, show_default=True, type=click.IntRange(1, 256), help="每进程线程数 Threads each."
)
@click.option("--open", "open_page", is_flag=True, help="打开浏览器 Open the browser.")
@click.option("--without-notary", is_flag=True, help="不启动存证 Without the log's sequencer.")
@click.option("--without-worker", is_flag=True, help="不启动定时任务 Without a worker for duties.")
def serve(
    host: str,
    port: int,
    workers: int,
    threads: int,
    open_page: bool,
    without_notary: bool,
    without_worker: bool,
) -> None:
    """Start the database, bring it up to date, serve."""
    with django_ready():
        address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/"  # noqa: S104
        say(f"网页端：{address}（Ctrl-C 结束）", f"Console: {address} (Ctrl-C ends it)")
        if open_page:
            threading.Timer(1.5, webbrowser.open, [address]).start()
        _allow_host(host)
        with (
            nullcontext() if without_notary else _sequencer(),
            nullcontext() if without_worker else _worker(),
        ):
            _granian(host, port, workers, threads)
    say("已结束。", "Ended.")


@contextmanager
def _sequencer() -> Iterator[None]:
    """The log's sequencer beside the web server, for as long as that runs."""
    from hengjian.cli.notary import start_beside

    child = start_beside(dict(os.environ))
    try:
        yield
    finally:
        if child is not None:
            child.terminate()  # it ends its batch first
            child.wait()


@contextmanager
def _worker() -> Iterator[None]:
    """A worker beside the web server, for as long as that runs."""
    from hengjian.cli.worker import start_beside

    child = start_beside(dict(os.environ))
    try:
        yield
    finally:
        child.terminate()  # it ends what it is at first
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()  # a duty that is cut off is begun again by the next worker
            child.wait()


def _allow_host(host: str) -> None:
    """Whoever serves on an address of this machine means to be reached by it."""
    known = os.environ.get("HENGJIAN_HOSTS", "localhost,127.0.0.1,[::1]")
    if host not in {"0.0.0.0", *known.split(",")}:  # noqa: S104
        os.environ["HENGJIAN_HOSTS"] = f"{known},{host}"


def _granian(host: str, port: int, workers: int, threads: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    os.environ["HENGJIAN_WORKER_OF"] = str(os.getpid())
    Granian(
        "hengjian.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        working_dir=Path.cwd(),
        log_access=False,
        log_level=LogLevels.error,
    ).serve()
