"""The guard at start: a database that is older than what was signed must never sign again.

A backup that is put back knows less than the published checkpoint and the witnesses. Going on from it
would give the same places to other entries: a fork, which cannot be undone. So, before anything runs:

1. the stored tiles lead to the root of the last head, and receipts, bundle and tiles end there;
2. the log's signatures under stored heads verify, under this key;
3. the published checkpoint is not larger than the last head, and continues into it;
4. no witness that answers knows more than the last head, or something else; and before anything is
   numbered so many have answered that the rest make no quorum (:meth:`.running.Setup.unheard`).

Not covered: a database, public folder and all witnesses put back together.
"""

from django.db.models import F, Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hengjian.notary import heads, storage
from hengjian.notary.errors import LogTampered
from hengjian.notary.folder import Folder
from hengjian.notary.models import Head, Receipt
from hengjian.notary.publication import LARGEST_CHECKPOINT
from hengjian.notary.witnesses import Answer, Said
from hengjian.proof import notes, tree
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.errors import ProofError
from hengjian.proof.tiles import CHECKPOINT

RESTORED = gettext_lazy("如果刚恢复过备份：请恢复到更新的备份，不要让日志从旧处继续；否则报告安全审计员")


def check_database(head: Head | None, verifier: notes.Verifier) -> None:
    """Tiles, receipts and signatures fit the last head."""
    size = head.size if head else 0
    edge = storage.load_edge(size)
    if edge.root() != (bytes(head.root) if head else tree.EMPTY_ROOT):
        raise _tampered(_("数据库的哈希瓦片与最后的树头不符"), f"size {size}", "notary.root_differs")
    numbered = Receipt.objects.aggregate(end=Max(F("first") + F("count")))["end"] or 0
    if numbered != size:
        raise _tampered(_("数据库的回执与最后的树头不符"), f"{numbered} ≠ {size}", "notary.receipts_differ")
    if head:
        _check_signature(head, verifier)


def _check_signature(head: Head, verifier: notes.Verifier) -> None:
    signed = Head.objects.filter(signatures__witness="").order_by("-size").first()
    for each in (head, signed):
        if each is None:
            continue
        note, where = heads.note_of(each, verifier.name), f"size {each.size}"
        own = note.signed_by(verifier)
        if own is not None and not verifier.verify(note.text.encode(), own.value):
            raise _tampered(_("数据库中树头的签名与日志密钥不符"), where, "notary.signature_differs")
        if own is None and each is signed:
            raise _tampered(_("日志密钥不是签署树头的那一把"), where, "notary.other_key")


def check_published(folder: Folder, size: int, verifier: notes.Verifier) -> None:
    """The published checkpoint is a beginning of the stored log."""
    path = folder.public / CHECKPOINT
    if not path.exists():
        return
    try:
        if path.stat().st_size > LARGEST_CHECKPOINT:
            raise ProofError("文件过长", str(path))
        served = Checkpoint.parse(notes.opened(notes.parse(path.read_bytes()), [verifier]).text)
    except ProofError as fault:
        raise _tampered(
            _("已发布的检查点读不通或签名不符：%s") % fault.what, str(path), "notary.published_unreadable"
        ) from fault
    if served.origin != verifier.name:
        raise _tampered(_("已发布的是另一个日志"), str(path), "notary.published_other")
    if served.size > size:
        raise _tampered(
            _("数据库落后于已发布的日志：库中 %(ours)s 条，已发布 %(theirs)s 条")
            % {"ours": size, "theirs": served.size},
            str(path),
            "notary.behind_published",
        )
    if root_at(served.size) != served.root:
        raise _tampered(
            _("数据库与已发布的日志不同（%s 条处）") % served.size, str(path), "notary.published_differs"
        )


def root_at(size: int) -> bytes:
    """The root of the first ``size`` entries, out of the stored tiles."""
    return storage.read_tree(lambda reader: tree.root(size, reader)) if size else tree.EMPTY_ROOT


def check_answer(answer: Answer, size: int) -> None:
    """No witness knows more than we do, or something else. Also checked whenever one is asked.

    Raises: LogTampered.
    """
    where = answer.witness.name
    if answer.said is Said.OTHER_SIZE and answer.size > size:
        raise _tampered(
            _("数据库落后于见证人：库中 %(ours)s 条，见证人已见 %(theirs)s 条")
            % {"ours": size, "theirs": answer.size},
            where,
            "notary.behind_witness",
        )
    if answer.said is Said.INCONSISTENT:
        raise _tampered(_("见证人认为日志没有接续它见过的内容"), where, "notary.witness_differs")


def _tampered(what: str, where: str, code: str) -> LogTampered:
    return LogTampered(what, where=where, do=str(RESTORED), code=code)
