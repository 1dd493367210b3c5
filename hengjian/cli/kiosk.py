"""``hengjian kiosk``: the rating page's two processes, their accounts, and the keys that both need."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from hengjian.cli.beside import is_beside
from hengjian.cli.frame import Verb
from hengjian.cli.marks import POLICY, POLICY_HELP, policy_files
from hengjian.cli.rating_audit import audit
from hengjian.cli.session import needs_database, now
from hengjian.cli.words import both, say, t
from hengjian.database import data_folder, database_url
from hengjian.database.cluster import NARROW
from hengjian.database.keeper import die_with_parent
from hengjian.terms.errors import Refused

HOST = click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 Address.")
RULES = click.option(POLICY, "policy", default="seed", show_default=True, help=POLICY_HELP)


def port(default: int) -> Callable[[Any], Any]:
    """The option ``--port``."""
    return click.option(
        "--port", default=default, show_default=True, type=click.IntRange(1, 65535), help="端口 Port."
    )


@click.group(
    help=both(
        "评价页：签发进程、收票进程、账号、公钥。", "The rating page: its two processes, accounts, keys."
    )
)
def kiosk() -> None:
    """The rating page."""


kiosk.add_command(audit)


@kiosk.command(
    cls=Verb,
    help=both(
        "建立两个进程的数据库窄账号、封存联系方式的密钥和目录；升级后再运行一次。",
        "Make both processes' database accounts, the key for contacts, folders; again after upgrades.",
    ),
)
@needs_database
def init() -> None:
    """Accounts, their rights, and the folder of public files."""
    from hengjian.cli.kiosk_logins import CAST, ISSUE

    make_ready()
    say(f"账号已就绪：{ISSUE}（签发）、{CAST}（收票）", f"accounts ready: {ISSUE} (issue), {CAST} (cast)")


def make_ready() -> None:
    """What both processes need; again is no fault. Django is set up."""
    from django.conf import settings
    from django.db import connection

    from hengjian.cli.kiosk_logins import make
    from hengjian.ratings.followups.boxes import key_of

    make(connection)
    key_of(settings.DATA)
    (settings.DATA / "kiosk" / "public" / "keys").mkdir(parents=True, exist_ok=True)


@kiosk.command(
    cls=Verb,
    help=both(
        "把签发公钥交给收票一侧，并公布公钥的存证证明；每几分钟运行一次。",
        "Hand the issuers' public keys to the casting side, publish their proofs; run it every few minutes.",
    ),
)
@needs_database
def publish() -> None:
    """One round."""
    from django.conf import settings

    from hengjian.cli.kiosk_keys import accept, publish_proofs

    moment = now()
    accepted, unplaced = accept(moment)
    files = publish_proofs(settings.DATA, moment)
    say(
        f"收票一侧有 {accepted} 把公钥，已公布 {files} 份证明",
        f"{accepted} keys accepted, {files} proofs published",
    )
    for name in unplaced:
        say(f"  {name}：查不到任职岗位，未接收", f"  {name}: no post found, not accepted", err=True)


@kiosk.command(
    cls=Verb, help=both("运行签发进程（Ctrl-C 结束）。", "Serve the issuing process (Ctrl-C ends it).")
)
@HOST
@port(8010)
@RULES
def issue(host: str, port: int, policy: str) -> None:
    """Serve /r and /issue/."""
    _serve("issue", host, port, policy)


@kiosk.command(
    cls=Verb, help=both("运行收票进程（Ctrl-C 结束）。", "Serve the casting process (Ctrl-C ends it).")
)
@HOST
@port(8011)
@RULES
def cast(host: str, port: int, policy: str) -> None:
    """Serve /receipt and /cast/."""
    _serve("cast", host, port, policy)


def _serve(which: str, host: str, port: int, policy: str) -> None:
    if is_beside():
        die_with_parent(signal.SIGTERM)
    policy_files(policy)  # refuses a wrong one before anything starts
    with _narrow(which) as url:
        os.environ |= {"DATABASE_URL": url, "HENGJIAN_KIOSK_POLICY": policy}
        say(f"http://{host}:{port}（Ctrl-C 结束）", f"http://{host}:{port} (Ctrl-C ends it)")
        _granian(f"hengjian.config.kiosk_{which}:application", host, port)
    say("已结束。", "Ended.")


@contextmanager
def _narrow(which: str) -> Iterator[str]:
    """The address of the database under the process's own account.

    An external server: DATABASE_URL says it, with its account and password. The embedded one: the kernel
    vouches for who we are. Django is not set up here: it would know the program's own account.
    """
    from psycopg.conninfo import conninfo_to_dict

    login = login_of(which)
    if given := os.environ.get("DATABASE_URL"):
        if conninfo_to_dict(given).get("user") == login:
            yield given
            return
        raise Refused(
            t(f"DATABASE_URL 的账号不是 {login}", f"DATABASE_URL is not the account {login}"),
            do=t("请先由主程序运行 hengjian kiosk init，再用窄账号启动", "run hengjian kiosk init first"),
            code="cli.kiosk_account",
        )
    with database_url(os.environ, data_folder(os.environ)) as own:
        made = subprocess.run([sys.executable, "-m", "hengjian", "kiosk", "init"], check=False)
        if made.returncode:
            raise SystemExit(made.returncode)
        yield narrow(own, which)


def login_of(which: str) -> str:
    """The account of a side."""
    return dict(zip(("issue", "cast"), NARROW, strict=True))[which]


def narrow(url: str, which: str) -> str:
    """The address of the embedded server's database for the account of a side."""
    return f"{url.rpartition('user=')[0]}user={login_of(which)}"


def _granian(target: str, host: str, port: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    os.environ["HENGJIAN_WORKER_OF"] = str(os.getpid())
    Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=1,  # one process holds the box
        working_dir=Path.cwd(),
        websockets=False,
        log_access=False,
        log_level=LogLevels.error,
    ).serve()
