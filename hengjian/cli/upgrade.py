"""``hengjian upgrade``: backup, migrations, checks; put back when a check fails."""

import os
from pathlib import Path

import click

from hengjian.cli.backup import check_log, stamp
from hengjian.cli.examining.files import note_backup
from hengjian.cli.frame import Verb
from hengjian.cli.session import bring_up_to_date, django_ready, now
from hengjian.cli.words import both, say, t
from hengjian.terms.errors import Refused


@click.command(
    cls=Verb,
    help=both(
        "换上新版本后升级数据库：先备份，再升级结构，逐项核对；核对不过就恢复原样。请先停止各服务。",
        "After installing a new version: back up, migrate, check; put back when a check fails. "
        "Stop the services first.",
    ),
)
@click.option("--backup", "target", type=click.Path(path_type=Path, dir_okay=False),
              help="备份写到哪里 Where the backup goes.")  # fmt: skip
def upgrade(target: Path | None) -> int:
    """Upgrade in order, or leave everything as it was."""
    from hengjian.database.backup import write_backup

    with django_ready(migrate=False) as folder:
        missing = check_may()
        if not missing:
            say("数据库结构已是最新，没有改动。", "The database is up to date; nothing was changed.")
            return 0
        moment, url = now(), os.environ["DATABASE_URL"]
        target = (target or Path(f"hengjian-before-upgrade-{stamp(moment)}.backup")).absolute()
        made = write_backup(folder.resolve(), url, target, moment, lambda _part, _size: None)
        note_backup(folder, target, made.size, moment)
        say(f"已备份：{target}", f"Backed up: {target}")
        _migrate_or_put_back(folder, target, url)
    say(f"已升级 {len(missing)} 步，核对通过。请重新启动各服务：systemctl restart 'hengjian-*'，"
        "再运行 hengjian doctor",
        f"{len(missing)} steps applied, all checks passed. Restart: systemctl restart 'hengjian-*', then "
        "hengjian doctor")  # fmt: skip
    return 0


def check_may() -> list[str]:
    """The steps that are missing. Raises: Refused on a newer database, or while others are in it."""
    from django.db import connection

    from hengjian.database.declared import missing_steps, unknown_steps

    if newer := unknown_steps(connection):
        raise Refused(
            t(f"数据库来自更新的版本（{newer[-1]}）", f"the database is of a newer version ({newer[-1]})"),
            do=t("请安装与数据库相应的版本，或恢复升级前的备份", "install that version, or restore a backup"),
            code="upgrade.newer",
        )  # fmt: skip
    missing = missing_steps(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        (others,) = cursor.fetchone()
    if missing and others:
        raise Refused(
            t(f"还有 {others} 个连接在使用数据库", f"{others} other sessions use the database"),
            do=t(
                "请先停止各服务：systemctl stop 'hengjian-*'",
                "stop the services: systemctl stop 'hengjian-*'",
            ),
            code="upgrade.in_use",
        )
    return missing


def _migrate_or_put_back(folder: Path, backup: Path, url: str) -> None:
    from django.db import connection

    from hengjian.database.putting_back import put_back

    try:
        bring_up_to_date(quietly_allowed=True)
        check_after(folder)
    except Exception as fault:
        connection.close()
        say("升级没有成功，正在恢复原样…", "The upgrade failed; putting everything back…", err=True)
        put_back(backup, url)
        why = getattr(fault, "what", type(fault).__name__)
        raise Refused(
            t(
                f"升级没有成功，数据库已恢复原样：{why}",
                f"the upgrade failed, the database is as it was: {why}",
            ),
            where=str(backup),
            do=t("请装回旧版本继续工作，把这行告诉维护方", "go on with the old version and report this line"),
            code="upgrade.put_back",
        ) from fault


def check_after(folder: Path) -> None:
    """Guards as declared, the log going on from its own heads, the kiosk's accounts made anew.

    Raises: Refused, Tampered.
    """
    from django.db import connection

    from hengjian.database.cluster import NARROW
    from hengjian.database.declared import guards

    found = guards(connection)
    wrong = [*found.missing, *found.idle, *found.changed, *found.open, *found.wide]
    if wrong:
        raise Refused(
            t(f"守护或权限与程序不一致：{wrong[0]}", f"guards or rights differ: {wrong[0]}"),
            do=t("请运行 hengjian doctor", "run hengjian doctor"), code="upgrade.guards",
        )  # fmt: skip
    check_log(folder)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)", [list(NARROW)])
        (there,) = cursor.fetchone()
    if there == len(NARROW):
        from hengjian.cli.kiosk import make_ready

        make_ready()
