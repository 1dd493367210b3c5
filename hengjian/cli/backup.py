"""Backups: written, checked, put back. (SPEC F3: nothing is lost, and nothing comes back altered unseen.)"""

import os
from datetime import datetime
from pathlib import Path

import click

from hengjian.cli.examining.files import note_backup
from hengjian.cli.frame import Verb
from hengjian.cli.session import bring_up_to_date, check_answers, django_ready, now
from hengjian.cli.words import both, say
from hengjian.database import data_folder, database_url
from hengjian.terms.calendar import SHANGHAI

MEGA = 1_000_000


@click.command(
    cls=Verb,
    help=both(
        "把数据库、密钥、公开日志和结果包备份成一个文件（运行中也可以做）。"
        "文件里有密钥和个人信息，请加密保存、离机存放。",
        "Back up database, keys, public log and bundles into one file, also while the program runs. "
        "It holds keys and personal data: keep it encrypted and elsewhere.",
    ),
)
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False), required=False)
def backup(target: Path | None) -> None:
    """Write one backup."""
    from hengjian.database.backup import write_backup

    moment, folder = now(), data_folder(os.environ)
    target = (target or Path(f"hengjian-{stamp(moment)}.backup")).absolute()
    _check_there(folder)
    with database_url(os.environ, folder) as url:
        check_answers(url)
        made = write_backup(folder.resolve(), url, target, moment, _tell)
    note_backup(folder, target, made.size, moment)
    say(
        f"已备份 {len(made.parts)} 个部分，{made.size / MEGA:.1f} MB：{target}",
        f"Backed up {len(made.parts)} parts, {made.size / MEGA:.1f} MB: {target}",
    )
    say("核对：hengjian restore --check 文件", "Check it: hengjian restore --check FILE")


@click.command(
    cls=Verb,
    help=both(
        "把备份恢复到空的数据目录（和空的数据库）；先从头到尾核对，不符就不动。",
        "Put a backup back into an empty data folder (and an empty database); checked whole before.",
    ),
)
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--check", is_flag=True, help="只核对，不恢复 Only check it.")
def restore(source: Path, check: bool) -> None:
    """Check, then put back, then see whether the log goes on from it."""
    from hengjian.database.restoring import check_backup, restore_backup

    folder = data_folder(os.environ)
    held = check_backup(source) if check else restore_backup(source, folder, os.environ, _tell)
    made_at = stamp(datetime.fromisoformat(held.at))
    say(
        f"备份完整：{len(held.parts)} 个部分，{made_at} 所做",
        f"The backup is whole: {len(held.parts)} parts, made {made_at}",
    )
    if check:
        return
    with django_ready(migrate=False):
        bring_up_to_date(quietly_allowed=True)
        size = check_log(folder)
    say(f"已恢复到 {folder}", f"Restored to {folder}")
    if size is not None:
        say(
            f"存证日志停在 {size} 条。启动时还会与见证人核对；备份之后若又发布过，日志会拒绝从旧处继续。",
            f"The log stands at {size} entries. At its start the witnesses are asked too; had anything been "
            "published after the backup, it refuses to go on from here.",
        )


def _check_there(folder: Path) -> None:
    from hengjian.terms.errors import Refused

    if not folder.exists():
        raise Refused(
            "没有这个数据目录，无可备份",
            where=str(folder),
            do="请用 HENGJIAN_DATA 指明数据目录",
            code="backup.no_folder",
        )


def check_log(folder: Path) -> int | None:
    """The size of the restored log, held against its own tiles and signatures; None without a log."""
    from hengjian.notary import guard, heads
    from hengjian.notary.folder import in_data_folder, load_key
    from hengjian.proof import notes

    notary = in_data_folder(folder)
    if not notary.key.exists():
        return None
    head, verifier = heads.last_head(), notes.verifier(load_key(notary).vkey)
    guard.check_database(head, verifier)
    size = head.size if head else 0
    guard.check_published(notary, size, verifier)
    return size


def _tell(part: str, size: int) -> None:
    if size > 10 * MEGA:
        say(f"  {part}  {size / MEGA:.0f} MB", f"  {part}  {size / MEGA:.0f} MB", err=True)


def stamp(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y%m%d-%H%M%S")
