"""Mutual favours and blocs among peers: leads, weak ones, for a person to look at.

Recorded ties are a different matter: they stand in the model as terms and are taken out of every
calibrated mark (:mod:`hengjian.calibration.fitting`). Here is what no record shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.special import ndtr

from hengjian.calibration.marks import Floats, Ints
from hengjian.calibration.round_robin import round_robin
from hengjian.calibration.screening import Lead, false_discovery, spread_of

WARM = 1.6449
DRAWS = 199
BLOC = 3


@dataclass(frozen=True)
class Team:
    """The mutual marks of one team, averaged over what was marked.

    Clause: SPEC B3
    Shapes: names (n,), marks (n, n), row: who marks; the diagonal is not read.
    """

    names: tuple[str, ...]
    marks: Floats


@dataclass(frozen=True)
class Mutual:
    """Every pair's mutual liking beyond both persons' general levels.

    Clause: SPEC B3
    Shapes: team, one, other, liking, standing (pairs,); ``liking`` in points, ``standing`` in spreads.
    """

    team: Ints
    one: Ints
    other: Ints
    liking: Floats
    standing: Floats


def mutual_of(teams: Sequence[Team]) -> Mutual:
    """How much the two of each pair raise each other, against the spread over all pairs of all teams.

    Clause: SPEC B3
    The spread is that of the marks at hand, genuine liking included, and a few favours cannot move it.
    Source: relationship effects of the social relations model (Warner, Kenny and Stoto 1979).
    """
    columns: list[list[NDArray[Any]]] = []
    for at, team in enumerate(teams):
        relation = round_robin(team.marks).relation
        n = len(team.names)
        one, other = np.triu_indices(n, 1)
        liking = (relation[one, other] + relation[other, one]) / 2.0
        # the pairs of n persons leave n(n-3)/2 of n(n-1)/2 degrees of freedom to mutual liking
        columns.append([np.full(one.size, at), one, other, liking, liking * np.sqrt((n - 1) / max(n - 3, 1))])
    team_of, one, other, liking, scaled = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    spread = max(spread_of(scaled), 1e-12)
    return Mutual(team_of, one, other, liking, (scaled - np.median(scaled)) / spread)


def reciprocal_pairs(teams: Sequence[Team]) -> tuple[Lead, ...]:
    """Pairs that mark each other far above what others give them and they give others.

    Clause: SPEC B3
    Returns: a lead for every pair; keep those below the wanted rate with ``leads_at``.
    """
    mutual = mutual_of(teams)
    chance = ndtr(-mutual.standing)
    rate = false_discovery(chance)
    leads = []
    for at in range(chance.size):
        team = teams[int(mutual.team[at])]
        one, other = int(mutual.one[at]), int(mutual.other[at])
        evidence = {
            "gave": float(team.marks[one, other]),
            "received": float(team.marks[other, one]),
            "above_others": float(mutual.liking[at]),
            "spreads": float(mutual.standing[at]),
        }
        who = (team.names[one], team.names[other])
        leads.append(Lead("reciprocal", who, evidence, float(chance[at]), float(rate[at])))
    return tuple(leads)


def blocs(teams: Sequence[Team], seed: int, draws: int = DRAWS) -> tuple[Lead, ...]:
    """The warmest group of three or more in each team, against shuffles of that team's own pairs.

    Clause: SPEC B3
    Shuffling pairs keeps how much liking there is and breaks only whom it binds together. ``seed``
    decides the shuffles and is recorded with the result.
    """
    mutual = mutual_of(teams)
    found: list[tuple[tuple[str, ...], float, float]] = []
    for at, team in enumerate(teams):
        own = mutual.team == at
        warm, n = mutual.standing[own], len(team.names)
        pairs = (mutual.one[own], mutual.other[own])
        members, strength = _warmest(n, pairs, warm)
        if not members:
            continue
        chance_of = np.random.default_rng([seed, at])
        beaten = sum(_warmest(n, pairs, chance_of.permutation(warm))[1] >= strength for _ in range(draws))
        names = tuple(team.names[one] for one in members)
        found.append((names, strength, (1.0 + beaten) / (draws + 1.0)))
    rate = false_discovery([chance for _, _, chance in found])
    return tuple(
        Lead("bloc", names, {"members": float(len(names)), "spreads": strength}, chance, float(rate[at]))
        for at, (names, strength, chance) in enumerate(found)
    )


def _warmest(n: int, pairs: tuple[Ints, Ints], warm: Floats) -> tuple[tuple[int, ...], float]:
    """The connected group of warm pairs whose inner pairs are warmest together."""
    kept = warm > WARM
    links = sparse.coo_matrix((np.ones(int(kept.sum())), (pairs[0][kept], pairs[1][kept])), shape=(n, n))
    count, label = connected_components(links, directed=False)
    best: tuple[tuple[int, ...], float] = ((), 0.0)
    for part in range(count):
        members = np.flatnonzero(label == part)
        if members.size < BLOC:
            continue
        inside = (label[pairs[0]] == part) & (label[pairs[1]] == part)
        strength = float(warm[inside].sum() / np.sqrt(inside.sum()))
        if strength > best[1]:
            best = (tuple(members.tolist()), strength)
    return best
