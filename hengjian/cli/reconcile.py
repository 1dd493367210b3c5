"""``hengjian notary reconcile``, and what the running log does beside its turns."""

import logging
import os
import threading
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

import click

from hengjian.cli.frame import Verb
from hengjian.cli.session import needs_database, now
from hengjian.cli.words import both, say, t
from hengjian.database import data_folder
from hengjian.terms.errors import HengjianError, Tampered

if TYPE_CHECKING:
    from hengjian.notary.models import Reconciliation
    from hengjian.notary.running import Setup, Turn

MOST = 40
LOOKS = timedelta(minutes=1)
LOG = logging.getLogger(__name__)
STEPS = {
    "leaves": ("日志条目与记录", "leaves and rows"),
    "heads": ("树头与签名", "heads and signatures"),
    "tiles": ("哈希瓦片", "tiles"),
    "waiting": ("等待编号的条目", "entries that wait"),
    "nights": ("每夜存证", "leaves of the nights"),
    "rows": ("未存证的记录", "rows without a leaf"),
    "forms": ("存证内容格式", "forms of the content"),
}
WHATS = {
    "row_changed": ("记录或盐值被改动", "row or salt changed"),
    "row_missing": ("记录不见了", "row gone"),
    "row_unlogged": ("记录没有存证", "row never logged"),
    "row_not_erased": ("已登记删除的记录还在", "row stands though it was erased"),
    "salt_missing": ("盐值不见了", "salt gone"),
    "salt_alone": ("盐值没有条目", "salt without entry"),
    "salt_not_erased": ("应删的盐值还在", "salt kept after its erasure"),
    "entry_changed": ("条目被改动", "entry changed"),
    "entry_missing": ("条目不见了", "entry gone"),
    "place_twice": ("一个序号两条", "two entries in one place"),
    "unnumbered": ("条目没有序号，也不在等待", "entry neither numbered nor waiting"),
    "kind_unknown": ("不认识的种类", "unknown kind"),
    "bundle_changed": ("条目包被改动", "bundle changed"),
    "tile_changed": ("哈希瓦片被改动", "tile changed"),
    "head_changed": ("树头与条目不符", "head does not fit the entries"),
    "signature_differs": ("签名与树头不符", "signature does not fit the head"),
    "signature_missing": ("已发布的树头没有日志签名", "published head without the log's signature"),
    "published_differs": ("已发布的检查点与数据库的树头不符", "published checkpoint is not a stored head"),
    "night_differs": ("当夜存证与其中的条目不符", "a night's leaf is not over what stands in it"),
    "column_gone": ("存证的列不在了（删除或改名）", "logged column gone (dropped or renamed)"),
    "form_missing": ("存证内容格式不在或不能读", "form of the content gone or unreadable"),
    "form_lacks_column": ("存证内容格式少一列", "form of the content leaves a column out"),
}
ADVICE = {
    "row_unlogged": (
        "启用日志之前写入的记录用 hengjian notary adopt 补入存证；启用之后出现的，保留现场，报告安全审计员",
        "rows from before the log: hengjian notary adopt; a later row: change nothing, tell the auditor",
    ),
    "column_gone": (
        "请恢复该列的原名和原值；受保护的表只增列，不删列、不改列名",
        "bring the column back under its name; a protected table gains columns, never loses or renames one",
    ),
    "form_missing": (
        "请从备份恢复 notary_contentform 中的这一行，并报告安全审计员",
        "restore this row of notary_contentform from a backup, and tell the security auditor",
    ),
    "form_lacks_column": (
        "有人登记了少一列的格式，想让该列不再受核对：请查明该行何时、由谁写入，并报告安全审计员",
        "somebody put in a form that leaves this column unchecked: find out when and who, tell the auditor",
    ),
    "published_differs": (
        "保留现场；用已发布的文件核对：hengjian-proof verify；再与见证人所见的大小和树根对照",
        "change nothing; check the published files (hengjian-proof verify), compare with the witnesses",
    ),
    "row_not_erased": (
        "登记了删除而记录未删，或删后又写回：请查删除记录的操作人和理由，并报告安全审计员",
        "erased on paper only, or written back: look up who erased it and why, tell the security auditor",
    ),
}


@click.command(
    cls=Verb,
    help=both(
        "逐条核对受保护的记录与日志；有不一致即报警，退出码为 5。中断后再次运行会接着核对。",
        "Hold every protected row against its leaf; alarm and exit 5 on any difference. Goes on where it "
        "was interrupted.",
    ),
)
@needs_database
def reconcile() -> int:
    """Run one reconciliation and tell what differs."""
    from hengjian.notary.folder import in_data_folder
    from hengjian.notary.reconciliation import reconcile
    from hengjian.notary.seals import seals_in

    seals = seals_in(in_data_folder(data_folder(os.environ)))
    if seals is None:
        say("没有信任文件：未核对树头的签名", "no trust file: signatures of heads are not checked", err=True)
    return tell_reconciliation(reconcile(now, seals, Progress()))


def tell_reconciliation(found: "Reconciliation") -> int:
    """Say what one run found; 0 when all agrees, else 5."""
    for one in found.differences.order_by("id")[:MOST]:
        zh, en = WHATS[one.what]
        place = "" if one.leaf is None else t(f"（序号 {one.leaf}）", f" (leaf {one.leaf})")
        click.secho(f"✗ {one.kind} {one.key}：{t(zh, en)}{place}", fg="red")
    for what in found.differences.filter(what__in=ADVICE).values_list("what", flat=True).distinct():
        say(*(f"  {one}" for one in ADVICE[what]))
    if found.found > MOST:
        say(f"还有 {found.found - MOST} 处未列出", f"{found.found - MOST} more are not listed")
    _tell(found)
    return Tampered.exit_code if found.found else 0


def _tell(found: "Reconciliation") -> None:
    zh, en = "全部一致", "all agree"
    if found.found:
        zh, en = f"{found.found} 处不一致", f"{found.found} differences"
    if found.erased:
        say(
            f"其中 {found.erased} 条已依规删除：日志条目仍在，内容不能再打开",
            f"{found.erased} of them erased by rule: the leaves stand, nobody can open them",
        )
    say(
        f"核对 {found.leaves} 条日志、{found.rows} 条记录：{zh}",
        f"{found.leaves} leaves, {found.rows} rows: {en}",
        bold=True,
    )


class Progress:
    """Tells how far a step is when it is done, and at most once a second on the way."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, step: str, done: int, of: int) -> None:
        """One block of a step is done."""
        if done < of and monotonic() < self._next:
            return
        self._next = monotonic() + 1
        zh, en = STEPS[step]
        click.echo(f"… {t(zh, en)} {done}/{of}", err=True)


class Beside:
    """What the running log does beside its turns; none of it holds a turn up or can end the log.

    Evidence beside published bundles, after each head that was published; the reconciliation, once a
    night, in a thread with a connection of its own. Killed anywhere, both go on at the next start.
    """

    def __init__(self, setup: "Setup") -> None:
        self._setup = setup
        self._night: threading.Thread | None = None
        self._next = now()

    def after(self, turn: "Turn") -> None:
        """Look what is to be done after a turn."""
        from hengjian.cycles.bundles import complete_evidence
        from hengjian.notary.reconciliation import due

        if turn.files or turn.cosigned:
            try:
                complete_evidence(self._setup.trust)
            except (HengjianError, OSError):
                LOG.exception("evidence beside bundles could not be completed")
        if now() < self._next or (self._night is not None and self._night.is_alive()):
            return
        self._next = now() + LOOKS
        if due(now()):
            self._night = threading.Thread(
                target=_night, args=(self._setup,), name="reconciliation", daemon=True
            )
            self._night.start()


def _night(setup: "Setup") -> None:
    from django.db import DatabaseError, InterfaceError, connection

    from hengjian.notary.reconciliation import reconcile
    from hengjian.notary.seals import Seals

    try:
        found = reconcile(now, Seals.of(setup.folder, setup.trust))
        LOG.info("reconciliation %s: %s rows, %s differences", found.pk, found.rows, found.found)
    except (HengjianError, DatabaseError, InterfaceError):
        LOG.exception("the reconciliation did not end; it goes on later")
    finally:
        with suppress(DatabaseError, InterfaceError):
            connection.close()
