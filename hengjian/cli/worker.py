"""``hengjian worker``: does what is due by the clock; how it went is kept and shown.

Any number may run, on any machine: a duty is done by one at a time (:mod:`hengjian.clockwork.operations`).
A lost server ends a run, not the worker: it waits and goes on.
"""

import logging
import os
import signal
import socket
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from hengjian.cli.duties import DEEDS
from hengjian.cli.faults import is_database
from hengjian.cli.frame import Verb
from hengjian.cli.marks import POLICY, POLICY_HELP, policy_files
from hengjian.cli.session import django_ready, now
from hengjian.cli.words import both, say, t
from hengjian.database.keeper import die_with_parent
from hengjian.terms.calendar import SHANGHAI
from hengjian.terms.errors import HengjianError, Refused

if TYPE_CHECKING:
    from hengjian.clockwork.duties import Duty
    from hengjian.clockwork.models import Run
    from hengjian.policy.folder import PolicyFolder

LOG = logging.getLogger(__name__)
LOOKS = 5.0  # seconds between looks
AWAY = 3.0  # seconds between tries while the database is away


@click.command(
    cls=Verb,
    help=both(
        "运行定时任务（Ctrl-C 结束）：发送邀请、移交公钥、收票公布、回访提醒、存证核对。",
        "Do what is due by the clock (Ctrl-C ends it): invitations, keys, ballots, follow-ups, the log.",
    ),
)
@click.option("--once", metavar="任务", help="立即做一次后结束 Do one duty now, then end.")
@click.option(
    "--list", "listed", is_flag=True, help="列出任务、上次运行和失败 List duties and how they went."
)
@click.option(POLICY, "policy", default="seed", show_default=True, help=POLICY_HELP)
def worker(once: str | None, listed: bool, policy: str) -> int:
    """Run until stopped, or once."""
    if os.environ.get("HENGJIAN_BESIDE") == str(os.getppid()):
        die_with_parent(signal.SIGTERM)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with django_ready():
        if listed:
            return _list()
        files = policy_files(policy)
        if once is not None:
            return _once(once, files)
        say("定时任务运行中（Ctrl-C 结束）", "The worker runs (Ctrl-C ends it)")
        run(files, stopping)
    say("已结束。", "Ended.")
    return 0


def run(policy: "PolicyFolder", stopping: threading.Event) -> None:
    """Look what is due, do it, look again."""
    from django.db import connection

    while not stopping.is_set():
        try:
            look(policy, stopping)
        except Exception as fault:
            if not _is_away(fault):
                raise
            LOG.warning("the database is away: %s", type(fault).__name__)
            connection.close()
            stopping.wait(AWAY)
        stopping.wait(LOOKS)


def _is_away(fault: Exception) -> bool:
    """Whether the server went away, or our link to it is closed already."""
    return is_database(fault) or type(fault).__name__ == "InterfaceError"


def look(policy: "PolicyFolder", stopping: threading.Event) -> None:
    """Do what is due now, one duty after the other."""
    from hengjian.clockwork.duties import DUTIES

    for duty in DUTIES:
        if not stopping.is_set() and is_due(duty, now()):
            attempt(duty.name, policy)


def is_due(duty: "Duty", moment: datetime) -> bool:
    """Whether a duty is due."""
    from hengjian.clockwork.queries import health

    found = health(duty.name)
    return duty.timing.due(found.began, found.failures, moment) <= moment


def attempt(name: str, policy: "PolicyFolder") -> "Run | None":
    """Do a duty unless somebody else is at it, and note how it went. A lost server is raised on."""
    from hengjian.clockwork import operations
    from hengjian.clockwork.models import Outcome

    with operations.alone(name) as mine:
        if not mine:
            return None
        held = operations.begin(name, f"{socket.gethostname()}:{os.getpid()}", now())
        try:
            said = DEEDS[name](policy, now())
        except HengjianError as fault:
            operations.end(held, Outcome.FAILED, now(), fault=fault.code or type(fault).__name__)
        except Exception as fault:
            if _is_away(fault):
                raise
            LOG.exception("duty %s failed", name)
            operations.end(held, Outcome.FAILED, now(), fault=type(fault).__name__)
        else:
            operations.end(held, Outcome.IDLE if said is None else Outcome.DONE, now(), said)
        return held


def _once(name: str, policy: "PolicyFolder") -> int:
    if name not in DEEDS:
        raise Refused(
            t(f"没有任务“{name}”", f"no duty “{name}”"), do=t(f"可写：{'、'.join(DEEDS)}", ", ".join(DEEDS)),
            code="worker.unknown",
        )  # fmt: skip
    held = attempt(name, policy)
    if held is None:
        say("另一个进程正在做，未重复", "somebody else is at it")
        return 0
    say(f"{name}：{held.get_outcome_display()} {_said(held.said)}{held.fault}",
        f"{name}: {held.outcome} {_said(held.said)}{held.fault}")  # fmt: skip
    return 1 if held.outcome == "failed" else 0


def _said(said: dict[str, Any]) -> str:
    return " ".join(f"{key}={value}" for key, value in said.items())


def _list() -> int:
    from hengjian.clockwork.duties import DUTIES
    from hengjian.clockwork.queries import failures, health

    for duty in DUTIES:
        found = health(duty.name)
        last = found.last
        told = (
            t("从未运行", "never") if last is None else f"{_when(last.began_at)} {last.get_outcome_display()}"
        )
        click.echo(f"{duty.name:<10} {duty.title}（{duty.when}）  {told}  {_said(last.said) if last else ''}")
    bad = failures()
    if bad:
        say("最近的失败：", "Latest failures:", bold=True)
    for one in bad:
        click.echo(f"  {_when(one.began_at)}  {one.duty:<10} {one.get_outcome_display()} {one.fault}")
    return 0


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def start_beside(environment: dict[str, str]) -> Any:
    """Start a worker as a child of the program that serves."""
    import subprocess
    import sys

    mine = environment | {"HENGJIAN_BESIDE": str(os.getpid())}
    return subprocess.Popen([sys.executable, "-m", "hengjian", "worker"], env=mine, process_group=0)
