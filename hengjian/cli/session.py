"""Commands that need the database: start or join the server, set Django up, then run."""

import functools
import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from hengjian.cli.words import lang, say
from hengjian.database import data_folder, database_url
from hengjian.terms.errors import Refused

OLDEST = 15  # of PostgreSQL


def now() -> datetime:
    """The clock of the command line; nothing below the faces reads one."""
    return datetime.now(UTC)


@contextmanager
def django_ready(*, migrate: bool = True) -> Iterator[Path]:
    """The database reachable and Django set up; yields the data folder."""
    folder = data_folder(os.environ)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hengjian.config.settings")
    embedded = not os.environ.get("DATABASE_URL")
    if embedded and not folder.exists():
        say(f"首次使用：建立数据目录 {folder}", f"First use: making the data folder {folder}", err=True)
    with database_url(os.environ, folder) as url:
        if not embedded:
            check_answers(url)
        os.environ["DATABASE_URL"] = url
        try:
            _set_up()
            if migrate:
                bring_up_to_date(quietly_allowed=embedded)
            yield folder
        finally:
            _close()
            if embedded:
                del os.environ["DATABASE_URL"]


def check_answers(url: str) -> None:
    """Refuse an external server that does not answer, or is too old, before anything else is done."""
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=10) as link:
            version = link.info.server_version // 10_000
    except psycopg.ProgrammingError as error:
        raise Refused(
            "DATABASE_URL 不是 PostgreSQL 地址",
            do="请写成 postgresql://用户:口令@主机:5432/库名",
            code="database.url",
        ) from error
    except psycopg.OperationalError as error:
        why = " ".join(str(error).split()).removeprefix("connection failed: ")
        raise Refused(
            f"DATABASE_URL 所指的数据库连不上：{why}",
            do="请核对主机、端口、库名、用户和口令；不用外部数据库时请去掉 DATABASE_URL",
            code="database.unreachable",
        ) from error
    if version < OLDEST:
        raise Refused(
            f"数据库是 PostgreSQL {version}，要求 {OLDEST} 以上",
            do="请升级数据库，或去掉 DATABASE_URL 用内嵌的数据库",
            code="database.too_old",
        )


def needs_database(function: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command inside :func:`django_ready`."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with django_ready():
            return function(*args, **kwargs)

    return wrapped


def by_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """The option ``--by``: whose act it is."""
    return click.option(
        "--by",
        default=None,
        callback=lambda _c, _p, value: value or getpass.getuser(),
        help="操作人登录名（默认当前系统用户） Who does it.",
    )(function)


def bring_up_to_date(*, quietly_allowed: bool) -> int:
    """Apply what migrations are missing; returns how many. An external server is never changed unasked."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return 0
    if not quietly_allowed:
        raise Refused(
            f"数据库结构还缺 {len(plan)} 步升级",
            do="请先运行 hengjian migrate",
            code="cli.migrate_first",
        )
    say(f"准备数据库（{len(plan)} 步）…", f"Preparing the database ({len(plan)} steps)…", err=True)
    call_command("migrate", verbosity=0, interactive=False)
    return len(plan)


def _set_up() -> None:
    import django
    from django.apps import apps
    from django.utils import translation

    if not apps.ready:
        django.setup()
    translation.activate("en" if lang() == "en" else "zh-hans")


def _close() -> None:
    from django.apps import apps
    from django.db import connections

    if apps.ready and not connections["default"].in_atomic_block:
        connections.close_all()
