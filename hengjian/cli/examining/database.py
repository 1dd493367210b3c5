"""The database: reachable, new enough, migrated, guarded; its clock; the kiosk's narrow accounts."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

from psycopg.conninfo import make_conninfo

from hengjian.cli.examining.finding import Finding, Place, amber, green, red, some
from hengjian.cli.session import OLDEST, now
from hengjian.cli.words import t
from hengjian.terms.errors import Refused

CANNOT_SIGN_IN = 3  # says hengjian.config.kiosk_rights
SKEW = 2.0, 30.0  # seconds: amber, red


def version(_place: Place) -> Iterator[Finding]:
    """Answers, and in which version."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('server_version_num')::int")
        name, number = cursor.fetchone()
    if number // 10_000 < OLDEST:
        yield red(
            "database.version",
            (f"PostgreSQL {name}，要求 {OLDEST} 以上", f"PostgreSQL {name}, {OLDEST} or newer is needed"),
            ("请升级数据库", "upgrade the server"),
        )
    else:
        yield green("database.version", f"数据库可连接，PostgreSQL {name}", f"PostgreSQL {name} answers")


def steps(_place: Place) -> Iterator[Finding]:
    """All migrations applied, none from a newer program."""
    from django.db import connection

    from hengjian.database.declared import missing_steps, unknown_steps

    newer, missing = unknown_steps(connection), missing_steps(connection)
    if newer:
        yield red(
            "database.newer",
            (f"数据库来自更新的版本（{some(newer)}）", f"the database is newer ({some(newer)})"),
            ("请安装与数据库相应的版本，不要用旧程序写入", "install the program that belongs to it"),
        )
    if missing:
        yield red(
            "database.steps",
            (f"数据库结构缺 {len(missing)} 步升级", f"{len(missing)} migrations are missing"),
            ("请运行 hengjian upgrade", "run hengjian upgrade"),
        )
    if not newer and not missing:
        yield green("database.steps", "数据库结构是最新", "all migrations are applied")


def guarded(_place: Place) -> Iterator[Finding]:
    """Triggers, their functions, row security and rights stand as the migrations declare."""
    from django.db import connection

    from hengjian.database.declared import guards

    found = guards(connection)
    restore = (
        "有人动过数据库。请保全现场、查明是谁，从备份恢复，再运行 hengjian notary reconcile",
        "somebody changed the database: keep it, find out who, restore, then hengjian notary reconcile",
    )
    for name, lines, zh, en in (
        ("missing", found.missing, "缺少守护触发器", "guarding triggers are missing"),
        ("idle", found.idle, "守护触发器被停用", "guarding triggers are switched off"),
        ("changed", found.changed, "守护函数被改动", "guarding functions were changed"),
        ("open", found.open, "行级权限被关闭", "row security is switched off"),
    ):
        if lines:
            said = f"{len(lines)}（{some(lines)}）"
            yield red(f"database.guards.{name}", (f"{zh} {said}", f"{en}: {said}"), restore)
    if found.wide:
        yield red(
            "database.rights",
            (f"数据表权限过宽：{some(found.wide)}", f"rights too wide: {some(found.wide)}"),
            ("请由数据库管理员收回（REVOKE）", "let the administrator revoke them"),
        )
    if found == type(found)([], [], [], [], []):
        yield green(
            "database.guards", "只增不改的守护和表权限与程序一致", "guards and rights are as declared"
        )


def clock(_place: Place) -> Iterator[Finding]:
    """The database's clock against ours."""
    from django.db import connection

    with connection.cursor() as cursor:
        before = now()
        cursor.execute("SELECT clock_timestamp()")
        (there,) = cursor.fetchone()
    skew = abs((there - before - (now() - before) / 2).total_seconds())
    what = f"与数据库时钟相差 {skew:.1f} 秒", f"{skew:.1f} s from the database's clock"
    do = "请让两台机器都与同一时间源同步（chrony）", "synchronise both machines with one source (chrony)"
    if skew > SKEW[1]:
        yield red("clock", what, do)
    elif skew > SKEW[0]:
        yield amber("clock", what, do)
    else:
        yield green("clock", *what)


def kiosk(_place: Place) -> Iterator[Finding]:
    """The rating page's accounts can do what they need and no more."""
    from django.db import connection

    from hengjian.cli.kiosk import login_of

    sides = {which: login_of(which) for which in ("issue", "cast")}
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(sides.values())])
        there = {name for (name,) in cursor.fetchall()}
    for which, login in sides.items():
        if login in there:
            yield _account(login, _too_much(which, login))
        else:
            what = f"评价页账号 {login} 还没有", f"the account {login} is not there"
            do = "开通评价页时运行 hengjian kiosk init", "hengjian kiosk init, when rating is opened"
            yield amber(f"kiosk.{login}", what, do)


def _account(login: str, found: list[str] | None) -> Finding:
    name = f"kiosk.{login}"
    if found is None:
        zh, en = "有自己的口令，由其进程启动时自查", "has a password; its process looks at its start"
        return green(name, f"评价页账号 {login} {zh}", f"{login} {en}")
    if found:
        what = f"评价页账号 {login} 权限过大：{some(found)}", f"{login} may do too much: {some(found)}"
        do = "请收回多给的权限，再运行 hengjian kiosk init", "revoke it, then hengjian kiosk init"
        return red(name, what, do)
    return green(name, f"评价页账号 {login} 权限不多不少", f"{login} may do what it must, no more")


def _too_much(which: str, login: str) -> list[str] | None:
    """What the account may do beyond its needs; None where only its own password lets it in."""
    from django.db import connection

    given = connection.get_connection_params()
    keep = {key: given[key] for key in ("host", "port", "dbname") if given.get(key)}
    done = subprocess.run(
        [sys.executable, "-m", "hengjian.config.kiosk_rights", which],
        env=os.environ | {"DATABASE_URL": make_conninfo(**keep, user=login), "HENGJIAN_SECRET_KEY": "x" * 50},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    if done.returncode == CANNOT_SIGN_IN:
        return None
    if done.returncode:
        raise Refused(
            t(f"评价页账号 {login} 查不了", f"cannot look at the account {login}"),
            do=t("请运行 hengjian kiosk init 再查", "run hengjian kiosk init, then look again"),
            code="doctor.kiosk",
        )
    return [str(one) for one in json.loads(done.stdout)]
