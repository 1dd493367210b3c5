"""Start: the data folder, the database, the web server."""

import os
import socket
import subprocess
import sys
import threading
import webbrowser
from contextlib import closing
from pathlib import Path

import click

from hengjian.cli.beside import Child, Companion, beside
from hengjian.cli.frame import Verb
from hengjian.cli.session import bring_up_to_date, django_ready
from hengjian.cli.words import both, say

ISSUE, CAST = 8010, 8011  # where links lead, and where ballots go
PORT = click.IntRange(1, 65535)


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


@click.command(
    cls=Verb,
    help=both(
        "打开网页端，以及存证、定时任务和评价页的两个进程（Ctrl-C 全部结束）。由系统分别管理各进程时，"
        "用 --without-notary --without-worker --without-kiosk，另行运行 hengjian notary run、worker、"
        "kiosk issue、kiosk cast。",
        "Serve the console, with the log, the worker and the rating page's two processes (Ctrl-C ends all). "
        "Where the system runs each as a unit of its own: --without-notary --without-worker --without-kiosk, "
        "and hengjian notary run, worker, kiosk issue, kiosk cast.",
    ),
)
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 Address.")
@click.option("--port", default=8000, show_default=True, type=PORT, help="端口 Port.")
@click.option("--issue-port", default=ISSUE, show_default=True, type=PORT, help="评价页签发端口 Rating page.")
@click.option("--cast-port", default=CAST, show_default=True, type=PORT, help="评价页收票端口 Ballots.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="进程数 Processes.")
@click.option(
    "--threads", default=16, show_default=True, type=click.IntRange(1, 256), help="每进程线程数 Threads each."
)
@click.option("--open", "open_page", is_flag=True, help="打开浏览器 Open the browser.")
@click.option("--without-notary", is_flag=True, help="不启动存证 Without the log's sequencer.")
@click.option("--without-worker", is_flag=True, help="不启动定时任务 Without a worker for duties.")
@click.option("--without-kiosk", is_flag=True, help="不启动评价页 Without the rating page.")
def serve(
    host: str,
    port: int,
    issue_port: int,
    cast_port: int,
    workers: int,
    threads: int,
    open_page: bool,
    **without: bool,
) -> None:
    """Start the database, bring it up to date, serve."""
    embedded = not os.environ.get("DATABASE_URL")
    with django_ready() as folder:
        address = f"http://{_name(host)}:{port}/"
        say(f"网页端：{address}（Ctrl-C 结束）", f"Console: {address} (Ctrl-C ends it)")
        if open_page:
            threading.Timer(1.5, webbrowser.open, [address]).start()
        _allow_host(host)
        children = [] if without["without_notary"] else [Companion("存证", "The log's sequencer", _sequencer)]
        children += [] if without["without_worker"] else [Companion("定时任务", "The worker", _worker)]
        children += (
            []
            if without["without_kiosk"]
            else _kiosk(host, {"issue": issue_port, "cast": cast_port}, embedded)
        )
        if not without["without_kiosk"]:
            _tell_links(folder, f"http://{_name(host)}:{issue_port}")
        with beside(*children):
            _granian(host, port, workers, threads)
    say("已结束。", "Ended.")


def _name(host: str) -> str:
    return "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104


def _sequencer() -> Child | None:
    from hengjian.cli.notary import start_beside

    return start_beside(dict(os.environ))  # type: ignore[no-any-return]


def _worker() -> Child | None:
    from hengjian.cli.worker import start_beside

    return start_beside(dict(os.environ))  # type: ignore[no-any-return]


def _kiosk(host: str, ports: dict[str, int], embedded: bool) -> list[Companion]:
    """Both processes, each with its own account; none where we cannot sign in as those."""
    from hengjian.cli.kiosk import make_ready

    if not embedded:
        say("评价页未启动：外部数据库须由窄账号另行运行 hengjian kiosk issue 和 hengjian kiosk cast",
            "The rating page is not started: with an external database its narrow accounts run "
            "hengjian kiosk issue and hengjian kiosk cast", err=True)  # fmt: skip
        return []
    taken = [port for port in ports.values() if _is_taken(host, port)]
    if taken or len(set(ports.values())) < len(ports):
        say(f"评价页未启动：端口 {taken or ports['issue']} 已被占用，请用 --issue-port、--cast-port 另选",
            f"The rating page is not started: port {taken or ports['issue']} is taken; choose with "
            "--issue-port and --cast-port", err=True)  # fmt: skip
        return []
    make_ready()
    origins = {which: f"http://{_name(host)}:{port}" for which, port in ports.items()}
    say(f"评价页：{origins['issue']}/r（签发），{origins['cast']}/receipt（收票、查回执）",
        f"Rating page: {origins['issue']}/r (issue), {origins['cast']}/receipt (cast)")  # fmt: skip
    return [
        Companion("评价页签发进程", "The issuing process", lambda: _side("issue", host, ports, origins)),
        Companion("评价页收票进程", "The casting process", lambda: _side("cast", host, ports, origins)),
    ]


def _side(which: str, host: str, ports: dict[str, int], origins: dict[str, str]) -> Child:
    from hengjian.cli.kiosk import narrow

    url = narrow(os.environ["DATABASE_URL"], which)
    mine = {**os.environ, "DATABASE_URL": url, "HENGJIAN_BESIDE": str(os.getpid())}
    mine |= {f"HENGJIAN_KIOSK_{name.upper()}": origin for name, origin in origins.items()}
    command = [sys.executable, "-m", "hengjian", "kiosk", which, "--host", host, "--port", str(ports[which])]
    return subprocess.Popen(command, env=mine, process_group=0, stdout=subprocess.DEVNULL)


def _is_taken(host: str, port: int) -> bool:
    with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _tell_links(folder: Path, base: str) -> None:
    """In the demonstration city: a few links that can be used today."""
    from hengjian.cli.demo_links import is_demo, tell

    if is_demo():
        tell(folder, base)


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
