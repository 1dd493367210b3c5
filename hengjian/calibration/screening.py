"""Leads for a person: what looked odd, with the evidence and how often such leads are false."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hengjian.calibration.marks import Floats

RATE = 0.10


@dataclass(frozen=True)
class Lead:
    """Something to look at. It removes no mark and punishes nobody.

    Clause: SPEC B3

    ``chance`` is how likely honest marks would look like this, ``rate`` the false-discovery rate at
    which this lead would still be raised: of leads raised at that rate, so many are expected false.
    """

    kind: str
    who: tuple[str, ...]
    evidence: Mapping[str, float]
    chance: float
    rate: float


def false_discovery(chance: Sequence[float] | Floats) -> Floats:
    """Least false-discovery rate at which each finding would be raised.

    Clause: SPEC B3
    Shapes: chance (m,), returns (m,).
    Source: Benjamini and Hochberg (1995).
    """
    p = np.asarray(chance, dtype=np.float64)
    if not p.size:
        return p
    order = np.argsort(p, kind="stable")
    scaled = p[order] * p.size / np.arange(1, p.size + 1)
    found = np.empty(p.size)
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return found


def leads_at(leads: Sequence[Lead], rate: float = RATE) -> tuple[Lead, ...]:
    """The leads to show at a false-discovery rate, strongest first.

    Clause: SPEC B3
    """
    return tuple(
        sorted((lead for lead in leads if lead.rate <= rate), key=lambda lead: (lead.chance, lead.who))
    )


def spread_of(values: Floats) -> float:
    """Standard deviation that a few wild values cannot move.

    Clause: SPEC B3
    """
    middle = float(np.median(values))
    return 1.4826 * float(np.median(np.abs(values - middle)))
