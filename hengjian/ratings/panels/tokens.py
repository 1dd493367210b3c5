"""Tokens of anonymous raters: signed blind for who may mark, taken back with the sheet for nobody's name.

Each anonymous group of a roll has a key; within it one for each home unit that has enough members. A
member's browser draws the token's message and blinds it; here it is signed unseen (docs/decisions/0012). The
sheet comes later, without a session, with the token alone.

Crash points: the row that says "signed, for this blinded message" is committed before the signature
leaves; asked again for the same message the same answer comes. A sheet is answered after its commit.
"""

import base64
import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from hengjian.notary.recording import notarise
from hengjian.proof import blind
from hengjian.proof.blind_keys import VARIANTS, PublicKey, SecretKey
from hengjian.proof.errors import ProofError
from hengjian.ratings.panels.errors import PanelRefused
from hengjian.ratings.panels.models import (
    SELF,
    BlindSheet,
    Member,
    Roll,
    TokenIssue,
    TokenKey,
    TokenSecret,
    Voucher,
)
from hengjian.ratings.panels.operations import Office
from hengjian.ratings.panels.rules import PanelRules

MakeKey = Callable[[], SecretKey]
new_key: MakeKey = SecretKey.generated
log = structlog.get_logger("hengjian.panels")
NONCE = 32  # bytes that the browser draws as a token's message, before its prefix
LONGEST = 20 * 60  # seconds that are kept of a sheet's time, at most
_HEX = frozenset("0123456789abcdef")
Cell = tuple[str, str, str]  # group, stratum, cell


@dataclass(frozen=True)
class Token:
    """A key's id, a prepared message and a signature on it."""

    key: str
    prepared: bytes
    signature: bytes

    @classmethod
    def read(cls, raw: Any) -> "Token":
        """A token out of JSON: ``key``, ``message``, ``signature`` in lower-case hex.

        Raises: PanelRefused for anything else.
        """
        if not isinstance(raw, Mapping) or set(raw) != {"key", "message", "signature"}:
            raise malformed("token")
        key, message, signature = (unhex(raw[name], name) for name in ("key", "message", "signature"))
        return cls(key.hex(), message, signature)

    @property
    def digest(self) -> str:
        """What makes the token one: its message under its key, however often that is signed."""
        return hashlib.sha256(bytes.fromhex(self.key) + self.prepared).hexdigest()


def cells_of(roll: Roll, rules: PanelRules) -> dict[Cell, list[int]]:
    """The members who mark without a name, by group and cell: home unit where enough share it, else all.

    When a unit has too few, all units of the group are put together: who is left over would be known. A
    group that has too few altogether gets no key and is not asked: its sheets would be known, and not used.
    Clause: NORMS L5, NORMS L6
    """
    rows = Member.objects.filter(roll=roll, withdrawal__isnull=True, signed=False).exclude(group=SELF)
    members = list(rows.order_by("pk").values_list("pk", "group", "stratum", "home"))
    sizes = Counter((group, stratum) for _pk, group, stratum, _home in members)
    members = [one for one in members if sizes[one[1], one[2]] >= rules.least]
    homes = Counter((group, stratum, home) for _pk, group, stratum, home in members)
    small = {(group, stratum) for (group, stratum, _home), n in homes.items() if n < rules.least}
    found: dict[Cell, list[int]] = {}
    for pk, group, stratum, home in members:
        unit = "all" if (group, stratum) in small else home
        found.setdefault((group, stratum, cell_name(unit, group, stratum)), []).append(pk)
    return found


def cell_name(unit: str, group: str, stratum: str) -> str:
    """Home unit and channel together: what calibration knows of a rater.

    Clause: NORMS X8
    """
    return f"{unit}/{stratum or group}"


def store(
    roll: Roll, cells: Mapping[Cell, list[int]], keys: Mapping[Cell, SecretKey], office: Office
) -> None:
    """Write the keys of a signed roll, sealed, and who may have a token under which."""
    for (group, stratum, cell), members in cells.items():
        made = keys[group, stratum, cell]
        key = TokenKey.objects.create(
            id=hashlib.sha256(made.public.spki).hexdigest(), roll=roll, group=group, stratum=stratum,
            cell=cell, variant=made.variant.name, spki=base64.b64encode(made.public.spki).decode(),
            vouchers=len(members),
        )  # fmt: skip
        TokenSecret.objects.create(key=key, sealed=made.pem(_passphrase(office)).decode())
        vouchers = Voucher.objects.bulk_create(Voucher(member_id=pk, key=key) for pk in members)
        notarise(office.now, key, *vouchers)


def has_token(member: Member) -> bool:
    """Whether the member's one token was signed."""
    return TokenIssue.objects.filter(voucher=member.pk).exists()


def sign_token(member: Member, blinded: bytes, office: Office) -> bytes:
    """Sign a member's blinded message, once; the same message again gets the same answer.

    Clause: SPEC B4, NORMS L6
    Raises: PanelRefused when the member may have none, had one for another message, or the round is over.
    """
    digest = hashlib.sha256(blinded).hexdigest()
    with transaction.atomic():
        Member.objects.select_for_update().get(pk=member.pk)
        voucher = Voucher.objects.filter(pk=member.pk, member__withdrawal__isnull=True).first()
        if voucher is None:
            raise PanelRefused(_("没有评价凭证的资格"), do=_("请联系组织部门"), code="panels.voucher")
        issue, _made = TokenIssue.objects.get_or_create(voucher=voucher, defaults={"blinded_hash": digest})
        if issue.blinded_hash != digest:
            raise PanelRefused(
                _("您的评价凭证已经发放"), do=_("请在领取凭证的那台设备上继续"), code="panels.issued"
            )
        answer = _signed(voucher.key_id, blinded, office)
    settle(TokenIssue)
    return answer


def offered(member: Member) -> TokenKey | None:
    """The key under which a member may have a token."""
    voucher = Voucher.objects.filter(pk=member.pk).select_related("key").first()
    return voucher.key if voucher is not None else None


def verified(token: Token) -> TokenKey:
    """The key of a token whose signature holds.

    Raises: PanelRefused otherwise.
    """
    key = TokenKey.objects.filter(pk=token.key).select_related("roll__round").first()
    if key is None:
        raise _forged()
    variant = VARIANTS[key.variant]
    if len(token.prepared) != variant.prefix + NONCE:
        raise _forged()
    try:
        blind.verify(PublicKey.parse(base64.b64decode(key.spki), variant), token.prepared, token.signature)
    except ProofError as fault:
        raise _forged() from fault
    return key


def take_in(token: Token, key: TokenKey, answers: dict[str, str], seconds: int, step: int) -> None:
    """Write an anonymous sheet; handed in again as it was it counts once.

    Raises: PanelRefused when the token was used for other answers.
    """
    coarse = min(round(max(seconds, 0) / step) * step, LONGEST)
    try:
        with transaction.atomic():
            BlindSheet.objects.create(key=key, token=token.digest, answers=answers, seconds=coarse)
    except IntegrityError as fault:
        there = BlindSheet.objects.filter(token=token.digest).first()
        if there is None:
            raise
        if there.answers != answers:
            raise PanelRefused(_("这张评价表已经提交"), do=_("提交后不能更改"), code="panels.used") from fault
    settle(BlindSheet)


def is_in(receipt: str) -> bool:
    """Whether a sheet with this receipt came in: the first sixteen digits of its token's digest, or all.

    It says no more: whoever holds a receipt cannot show anybody how he marked.
    """
    plain = receipt.strip().lower()
    fits = 16 <= len(plain) <= 64 and _HEX.issuperset(plain)
    return fits and BlindSheet.objects.filter(token__startswith=plain).exists()


def destroy_secrets(roll_keys: Any) -> None:
    """Destroy the private halves of a round's keys: no token can be signed any more."""
    TokenSecret.objects.filter(key__in=roll_keys).delete()


def unhex(value: Any, name: str) -> bytes:
    """Bytes out of lower-case hex. Raises: PanelRefused for anything else."""
    if not isinstance(value, str) or not value or len(value) % 2 or not _HEX.issuperset(value):
        raise malformed(name)
    return bytes.fromhex(value)


def malformed(where: str) -> PanelRefused:
    """The refusal of what no form of ours sends."""
    return PanelRefused(_("格式不对"), where=where, do=_("请刷新页面后重试"), code="panels.malformed")


def settle(model: type[TokenIssue] | type[BlindSheet]) -> None:
    """Write the table anew in the order of its random numbers: its order in a dump says nothing.

    The table is small, one row a rater and official. Whoever holds it (a dump that runs) is not waited for
    longer than a moment; the next sheet, or the closing, puts it in order.

    Clause: NORMS L6
    """
    table = model._meta.db_table
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            cursor.execute(f"CLUSTER {table} USING {table}_pkey")
            cursor.execute("SET LOCAL lock_timeout = 0")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # as whoever goes on in this transaction had them
    except OperationalError:
        log.warning("not settled", table=table)


def _signed(key: str, blinded: bytes, office: Office) -> bytes:
    row = TokenSecret.objects.filter(pk=key).select_related("key").first()
    if row is None:
        raise PanelRefused(_("本轮评价已结束"), do=_("不再发放评价凭证"), code="panels.closed")
    secret = SecretKey.parse(row.sealed.encode(), VARIANTS[row.key.variant], _passphrase(office))
    try:
        return blind.blind_sign(secret, blinded, secrets.token_bytes)
    except ProofError as fault:
        raise PanelRefused(
            _("评价凭证请求不符合要求"), do=_("请刷新页面重试"), code="panels.blinded"
        ) from fault


def _passphrase(office: Office) -> bytes:
    """What seals the private keys: derived from the office's secret, which stands in no table."""
    return hmac.digest(office.salt, b"hengjian.panels token keys", "sha256").hex().encode()


def _forged() -> PanelRefused:
    return PanelRefused(_("评价凭证无效"), do=_("请重新打开评价页面"), code="panels.forged")
