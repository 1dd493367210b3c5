"""Tokens and ballots as they come from a stranger: read strictly, verified, never trusted."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from hengjian.proof import blind
from hengjian.proof.blind_keys import VARIANTS, PublicKey
from hengjian.proof.errors import ProofError
from hengjian.ratings.ballots.errors import BallotRefused
from hengjian.ratings.ballots.models import HIGHEST, LOWEST, AcceptedKey, How
from hengjian.ratings.ballots.rules import Rules
from hengjian.terms.period import Period

NONCE = 32  # bytes that the browser draws as a token's message, before its prefix
_HEX = frozenset("0123456789abcdef")
_HOWS = frozenset(How.values)


@dataclass(frozen=True)
class Token:
    """A key's id, a prepared message and a signature on it."""

    key_id: str
    prepared: bytes
    signature: bytes

    @classmethod
    def read(cls, raw: Any) -> "Token":
        """A token out of JSON: ``key``, ``message``, ``signature``, all in lower-case hex.

        Raises: BallotRefused for anything else.
        """
        if not isinstance(raw, Mapping) or set(raw) != {"key", "message", "signature"}:
            raise _malformed("token")
        key, message, signature = (_hex(raw[name], name) for name in ("key", "message", "signature"))
        return cls(key.hex(), message, signature)

    @property
    def digest(self) -> str:
        """What makes the token one: its message under its key, however often that is signed."""
        return sha256(bytes.fromhex(self.key_id) + self.prepared).hexdigest()


@dataclass(frozen=True)
class Said:
    """What a rater says: a mark, tags, perhaps a comment, and the digest of the receipt's code."""

    mark: int
    tags: tuple[str, ...] = ()
    comment: str = ""
    how: str = How.SELF
    receipt: str = ""

    @classmethod
    def read(cls, raw: Any) -> "Said":
        """A ballot out of JSON: ``mark``, ``tags``, ``comment``, ``how``, ``receipt``; no other field.

        Raises: BallotRefused for another form; :func:`checked` holds the values against the policy.
        """
        known = {"mark", "tags", "comment", "how", "receipt"}
        if not isinstance(raw, Mapping) or not {"mark", "receipt"} <= set(raw) <= known:
            raise _malformed("ballot")
        tags, comment, how = raw.get("tags", []), raw.get("comment", ""), raw.get("how", How.SELF.value)
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise _malformed("tags")
        for name, value in (("comment", comment), ("how", how), ("receipt", raw["receipt"])):
            if not isinstance(value, str):
                raise _malformed(name)
        return cls(raw["mark"], tuple(tags), comment, how, raw["receipt"])


@dataclass(frozen=True)
class Draft:
    """A ballot that may be written: verified, checked, and with its random number."""

    key: str
    token: str | None
    said: Said
    on: date
    supersedes: uuid.UUID | None = None
    id: uuid.UUID = field(default_factory=uuid.uuid4)


def checked(said: Said, rules: Rules) -> Said:
    """The ballot as it is stored: tags sorted, the comment without blanks around it.

    Clause: SPEC B2
    Raises: BallotRefused for a value that the policy does not know.
    """
    if type(said.mark) is not int or not LOWEST <= said.mark <= HIGHEST:
        raise BallotRefused(
            _("评分应为 1 至 10 的整数"), where="mark", do=_("请重新选择"), code="ballots.mark"
        )
    if len(set(said.tags)) != len(said.tags) or not rules.codes.issuperset(said.tags):
        raise BallotRefused(
            _("标签重复或不在清单中"), where="tags", do=_("请从清单中选择"), code="ballots.tags"
        )
    comment = said.comment.strip()
    if len(comment) > rules.comment_length:
        raise BallotRefused(
            _("意见超过 %s 字") % rules.comment_length, where="comment", do=_("请缩短"),
            code="ballots.comment",
        )  # fmt: skip
    if not written(comment):
        raise _malformed("comment")
    if said.how not in _HOWS:
        raise _malformed("how")
    if len(said.receipt) != 64 or not _HEX.issuperset(said.receipt):
        raise _malformed("receipt")
    tags = tuple(sorted(said.tags))
    if tags == said.tags and comment == said.comment:
        return said
    return Said(said.mark, tags, comment, said.how, said.receipt)


def written(text: str) -> bool:
    """Whether a text can be stored: no zero byte, no half of a character."""
    if "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


class Keys:
    """The accepted keys, read once and again when one is missing."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[PublicKey, date, date]] = {}  # with its half-year's first and last day

    def knows(self, key_id: str) -> bool:
        """Whether the key is here already."""
        return key_id in self._known

    def load(self) -> None:
        """Read what was accepted since."""
        rows = AcceptedKey.objects.exclude(pk__in=list(self._known)).values_list(
            "key_id", "spki", "variant", "period"
        )
        for key_id, spki, variant, period in rows:
            half = Period(period)
            self._known[key_id] = (PublicKey.parse(bytes(spki), VARIANTS[variant]), half.start, half.end)

    def verify(self, token: Token, rules: Rules, on: date) -> None:
        """Hold a token against its key and the day.

        Clause: NORMS L6
        Raises: BallotRefused for an unknown key, outside the half-year, or for a signature that is none.
        """
        known = self._known.get(token.key_id)
        if known is None:
            raise BallotRefused(
                _("无法识别的公钥"), where="key", do=_("请重新打开评价链接"), code="ballots.key"
            )
        key, first, last = known
        if not first <= on <= last + timedelta(days=rules.cast_days):
            raise BallotRefused(_("评价凭证不在有效期内"), do=_("请等待新的评价链接"), code="ballots.expired")
        if len(token.prepared) != key.variant.prefix + NONCE:
            raise _forged()
        try:
            blind.verify(key, token.prepared, token.signature)
        except ProofError as fault:
            raise _forged() from fault


def _hex(value: Any, name: str) -> bytes:
    if not isinstance(value, str) or not value or len(value) % 2 or not _HEX.issuperset(value):
        raise _malformed(name)
    return bytes.fromhex(value)


def _malformed(where: str) -> BallotRefused:
    return BallotRefused(_("格式不对"), where=where, do=_("请刷新页面后重试"), code="ballots.malformed")


def _forged() -> BallotRefused:
    return BallotRefused(_("评价凭证无效"), do=_("请重新打开评价链接"), code="ballots.forged")
