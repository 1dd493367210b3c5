"""The tables of this room: rounds and rolls, how a rater is let in, sheets filled in, marks.

Who was asked (``asking``) and what was said without a name (``sheets.BlindSheet``) share no key but the
public one of a whole group: see docs/decisions/0018.
"""

from hengjian.ratings.panels.models.asking import (
    Link,
    LinkOpening,
    LinkRevocation,
    TokenIssue,
    TokenKey,
    TokenSecret,
    Voucher,
)
from hengjian.ratings.panels.models.marks import (
    SIGNED_GROUPS,
    Mark,
    MarkBatch,
    RefusedMark,
    RefusedMarkDecision,
)
from hengjian.ratings.panels.models.rolls import (
    SELF,
    Asked,
    Declaration,
    Member,
    Outsider,
    OutsiderKind,
    Roll,
    RollSignature,
    Round,
    Withdrawal,
    WithdrawalKind,
)
from hengjian.ratings.panels.models.sheets import BlindSheet, Draft, RoundClosing, SignedSheet

__all__ = [
    "SELF",
    "SIGNED_GROUPS",
    "Asked",
    "BlindSheet",
    "Declaration",
    "Draft",
    "Link",
    "LinkOpening",
    "LinkRevocation",
    "Mark",
    "MarkBatch",
    "Member",
    "Outsider",
    "OutsiderKind",
    "RefusedMark",
    "RefusedMarkDecision",
    "Roll",
    "RollSignature",
    "Round",
    "RoundClosing",
    "SignedSheet",
    "TokenIssue",
    "TokenKey",
    "TokenSecret",
    "Voucher",
    "Withdrawal",
    "WithdrawalKind",
]
