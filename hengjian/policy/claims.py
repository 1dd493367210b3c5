"""Checks what a document says of its own figures, instead of believing it."""

from collections.abc import Mapping

from hengjian.policy.library import Loaded
from hengjian.policy.model import UNDATED, Claim, Provenance
from hengjian.policy.policy import Policy

QUANTITIES = ("public_share", "official_share")
TABLES = ("family", "theme")


def known_quantity(name: str, families: Mapping[str, object], themes: Mapping[str, object]) -> bool:
    """Whether a claim may speak of this quantity.

    Clause: NORMS X2
    """
    kind, _, code = name.partition(":")
    return name in QUANTITIES or code in {"family": families, "theme": themes}.get(kind, {})


def evaluate(policy: Policy, claims: Mapping[str, Loaded]) -> tuple[Claim, ...]:
    """Evaluate each claim on the policy's figures; a claim that fails is shown, not hidden.

    Clause: NORMS X2
    """
    return tuple(_claim(policy, item) for item in claims.values())


def _claim(policy: Policy, item: Loaded) -> Claim:
    entry = item.entry
    left, right = _value(policy, entry.left), _value(policy, entry.right)
    holds = {"above": left > right, "below": left < right, "equals": abs(left - right) < 1e-9}
    return Claim(
        code=item.code,
        name=entry.name,
        name_en=entry.name_en,
        left=entry.left,
        relation=entry.relation,
        right=str(entry.right),
        left_value=left,
        right_value=right,
        holds=holds[entry.relation],
        provenance=Provenance(
            entry.clause, entry.owner, UNDATED, item.tree.file, item.line(),
            entry.reading, entry.as_written,
        ),
    )  # fmt: skip


def _value(policy: Policy, name: str | float) -> float:
    if isinstance(name, int | float):
        return float(name)
    kind, _, code = name.partition(":")
    if kind == "family":
        return policy.family_weights().get(code, 0.0)
    if kind == "theme":
        return policy.theme_weights().get(code, 0.0)
    share = policy.public_share() if name == "public_share" else policy.official_share()
    return share.percent
