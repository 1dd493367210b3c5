"""``hengjian notary reconcile``, and what the running log does beside its turns."""

import logging
import threading
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from hengjian.cli.frame import Verb
from hengjian.cli.session import needs_database, now
from hengjian.cli.words import both, lang, say, t
from hengjian.terms.errors import HengjianError, Tampered

if TYPE_CHECKING:
    from hengjian.notary.models import Reconciliation
    from hengjian.notary.running import Turn
    from hengjian.proof.trust import TrustPolicy

MOST = 40
LOOKS = timedelta(minutes=1)
LOG = logging.getLogger(__name__)
STEPS = {
    "leaves": ("日志条目与记录", "leaves and rows"),
    "tiles": ("哈希瓦片", "tiles"),
    "waiting": ("等待编号的条目", "entries that wait"),
    "rows": ("未存证的记录", "rows without a leaf"),
    "forms": ("存证内容格式", "forms of the content"),
}
WHATS = {
    "row_changed": ("记录或盐值被改动", "row or salt changed"),
    "row_missing": ("记录不见了", "row gone"),
    "row_unlogged": ("记录没有存证", "row never logged"),
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
    from hengjian.notary import reconciliation

    return tell_reconciliation(reconciliation.reconcile(now, _progress))


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
    say(
        f"核对 {found.leaves} 条日志、{found.rows} 条记录：{zh}",
        f"{found.leaves} leaves, {found.rows} rows: {en}",
        bold=True,
    )


def _progress(step: str, done: int, of: int) -> None:
    zh, en = STEPS[step]
    click.echo(f"… {en if lang() == 'en' else zh} {done}/{of}", err=True)


class Beside:
    """What the running log does beside its turns; none of it holds a turn up or can end the log.

    Evidence beside published bundles, after each head that was published; the reconciliation, once a
    night, in a thread with a connection of its own. Killed anywhere, both go on at the next start.
    """

    def __init__(self, trust: "TrustPolicy") -> None:
        self._trust = trust
        self._night: threading.Thread | None = None
        self._next = now()

    def after(self, turn: "Turn") -> None:
        """Look what is to be done after a turn."""
        from hengjian.cycles.bundles import complete_evidence
        from hengjian.notary.reconciliation import due

        if turn.files or turn.cosigned:
            try:
                complete_evidence(self._trust)
            except (HengjianError, OSError):
                LOG.exception("evidence beside bundles could not be completed")
        if now() < self._next or (self._night is not None and self._night.is_alive()):
            return
        self._next = now() + LOOKS
        if due(now()):
            self._night = threading.Thread(target=_night, name="reconciliation", daemon=True)
            self._night.start()


def _night() -> None:
    from django.db import DatabaseError, InterfaceError, connection

    from hengjian.notary import reconciliation

    try:
        found = reconciliation.reconcile(now)
        LOG.info("reconciliation %s: %s rows, %s differences", found.pk, found.rows, found.found)
    except (HengjianError, DatabaseError, InterfaceError):
        LOG.exception("the reconciliation did not end; it goes on later")
    finally:
        with suppress(DatabaseError, InterfaceError):
            connection.close()
