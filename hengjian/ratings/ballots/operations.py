"""The writes of this room, one at a time; :mod:`hengjian.ratings.ballots.box` gathers ballots.

Crash points: each operation is one transaction; killed anywhere it leaves the whole or nothing.
"""

import uuid
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from hengjian.notary.recording import notarise
from hengjian.proof.blind_keys import VARIANTS, PublicKey
from hengjian.proof.errors import ProofError
from hengjian.ratings.ballots.errors import BallotRefused, KeyRefused, ReceiptRefused
from hengjian.ratings.ballots.models import (
    LONGEST_COMMENT,
    AcceptedKey,
    ArrivalNote,
    Ballot,
    Exclusion,
    Note,
    Reply,
    Side,
)
from hengjian.ratings.ballots.receipts import digest
from hengjian.ratings.ballots.role import redeeming
from hengjian.ratings.ballots.rules import Rules
from hengjian.ratings.ballots.tokens import Draft, Keys, Said, Token, checked, written
from hengjian.ratings.ballots.versions import versions_of
from hengjian.ratings.ballots.writing import store
from hengjian.terms.period import Period

LONGEST_REASON = 400


def accept_key(spki: bytes, variant: str, official: str, post: str, period: str, on: date) -> str:
    """Accept a public key for one official, post and half-year; gives its id. Again is no fault.

    Clause: NORMS L6
    Raises: KeyRefused for a key that is none, or that was accepted for something else.
    """
    if variant not in VARIANTS or Period(period).kind != "H" or not official or not post:
        raise KeyRefused(_("签名方式或周期不对"), do=_("公钥按半年签发"), code="ballots.key_terms")
    try:
        key = PublicKey.parse(spki, VARIANTS[variant])
    except ProofError as fault:
        raise KeyRefused(str(fault), do=_("请由签发方重新导出公钥"), code="ballots.key_form") from fault
    given = AcceptedKey(
        key_id=key.key_id.hex(), spki=key.spki, variant=variant, official=official, post=post,
        period=period, on=on,
    )  # fmt: skip
    with transaction.atomic():
        known = AcceptedKey.objects.filter(pk=given.pk).first()
        if known is None:
            given.save(force_insert=True)
            notarise(on, given)
        elif (known.variant, known.official, known.post, known.period) != (variant, official, post, period):
            raise KeyRefused(
                _("该公钥已用于别的岗位或周期"), do=_("每个干部每半年用一把公钥"), code="ballots.key_taken"
            )
    return given.pk


def cast(token: Token, said: Said, rules: Rules, on: date) -> None:
    """Take one ballot in by itself: for entry by staff and for tests. The kiosk uses the box.

    Clause: SPEC B2
    Raises: BallotRefused.
    """
    keys = Keys()
    keys.load()
    keys.verify(token, rules, on)
    _one(Draft(token.key_id, token.digest, checked(said, rules), on))


def amendment(code: str, said: Said, rules: Rules, on: date) -> Draft:
    """The draft that replaces the ballot of a receipt; the earlier row stands.

    Clause: SPEC T-C14
    Raises: ReceiptRefused for an unknown code or after the window; BallotRefused for a wrong ballot.
    """
    versions = versions_of(code)
    first = next((one for one in versions if one.supersedes is None), None)
    if first is None:
        raise _no_ballot()
    if not first.on <= on <= first.on + timedelta(days=rules.amend_days):
        raise ReceiptRefused(
            _("评价满 %s 天后不能修改") % rules.amend_days, do=_("可凭回执补充说明"),
            code="ballots.amend_window",
        )  # fmt: skip
    replaced = {one.supersedes for one in versions}
    latest = next(one for one in versions if one.id not in replaced)
    kept = Said(said.mark, said.tags, said.comment, first.how, digest(code))
    return Draft(first.key, None, checked(kept, rules), on, supersedes=latest.id)


def amend(code: str, said: Said, rules: Rules, on: date) -> None:
    """Replace the ballot of a receipt.

    Clause: SPEC T-C14
    Raises: ReceiptRefused, BallotRefused.
    """
    _one(amendment(code, said, rules, on))


def reply(ballot: str, text: str, by: str, on: date) -> None:
    """Say what was done about a ballot; its rater reads it by receipt.

    Clause: NORMS L7
    Raises: BallotRefused without text or author, or for an unknown ballot.
    """
    if not by.strip():
        raise BallotRefused(_("回复须有经办人"), do=_("请写明经办人"), code="ballots.unsigned")
    with transaction.atomic():
        _written(_first(ballot), text, by, on)


def exclude(ballot: str, reason: str, by: str, second: str, on: date) -> None:
    """Two people decide that a ballot does not count; from the next release on it does not.

    The row stands, is counted among the excluded, and its rater reads the reason by receipt. Who may
    decide is held by the caller; that they are two, here and by the database.
    Clause: SPEC B2
    Raises: BallotRefused without a reason, without two people, for an unknown ballot or one excluded before.
    """
    reason, by, second = reason.strip(), by.strip(), second.strip()
    if not reason or len(reason) > LONGEST_REASON or "\0" in reason:
        raise BallotRefused(
            _("不计入须有理由，至多 %s 字") % LONGEST_REASON, where="reason", do=_("请写明理由"),
            code="ballots.exclusion_reason",
        )  # fmt: skip
    if not by or not second or by == second:
        raise BallotRefused(
            _("不计入须由两人决定"), where="second", do=_("请由另一人复核"), code="ballots.exclusion_by_two"
        )
    with transaction.atomic():
        first = _first(ballot)
        if Exclusion.objects.filter(pk=first.pk).exists():
            raise BallotRefused(_("这张票已不计入"), do=_("无须再次处理"), code="ballots.excluded")
        notarise(on, Exclusion.objects.create(ballot=first, reason=reason, by=by, second=second, on=on))


def answer(code: str, text: str, on: date) -> None:
    """The rater's answer, by receipt; it stands under the ballot from the night on.

    Clause: NORMS L7
    Raises: ReceiptRefused for an unknown code; BallotRefused without text.
    """
    first = next((one for one in versions_of(code) if one.supersedes is None), None)
    if first is None:
        raise _no_ballot()
    with redeeming():
        ArrivalNote.objects.create(what=Note.ANSWER, ballot=first.id, text=_text(text), on=on)


def _one(draft: Draft) -> None:
    with redeeming():
        refusal = store([draft])[0]
    if refusal is not None:
        raise refusal


def _first(ballot: str) -> Ballot:
    """The first version of a ballot, locked until the end of the transaction: what is said of a ballot
    stands under that.
    """
    try:
        found = Ballot.objects.filter(pk=uuid.UUID(ballot)).first()
    except ValueError:
        found = None
    if found is None:
        raise BallotRefused(_("没有这张票"), do=_("请从低分清单进入"), code="ballots.unknown")
    versions = Ballot.objects.select_for_update()
    return versions.get(receipt=found.receipt, supersedes=None, key=found.key_id)


def _text(given: str) -> str:
    text = given.strip()
    if not text or len(text) > LONGEST_COMMENT or not written(text):
        raise BallotRefused(_("内容为空或过长"), where="text", do=_("请改写"), code="ballots.text")
    return text


def _written(ballot: Ballot, text: str, by: str, on: date) -> None:
    number = Reply.objects.filter(ballot=ballot).count() + 1
    said = {"side": Side.STAFF, "text": _text(text), "by": by.strip(), "on": on, "number": number}
    notarise(on, Reply.objects.create(ballot=ballot, **said))


def _no_ballot() -> ReceiptRefused:
    return ReceiptRefused(_("没有这个回执"), do=_("请核对回执码"), code="ballots.receipt")
