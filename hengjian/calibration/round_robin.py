"""Everybody in a team marks everybody else: who marks high, who is marked high, who likes whom.

Closed forms of the social relations model, exact and unbiased for a full round robin without
marks on oneself.
"""

from dataclasses import dataclass

import numpy as np

from hengjian.calibration.marks import Floats
from hengjian.terms.errors import Refused

LEAST = 4


@dataclass(frozen=True)
class RoundRobin:
    """Effects and variances of one team.

    Clause: SPEC B3
    Shapes: actor, partner (n,), relation (n, n) with NaN on the diagonal.
    ``actor_partner`` is the covariance of marking high and being marked high, ``reciprocity`` that of
    the two marks of a pair, beyond both persons' general levels. Variances are unbiased and may come
    out negative in a small team.
    """

    mean: float
    actor: Floats
    partner: Floats
    relation: Floats
    actor_variance: float
    partner_variance: float
    relation_variance: float
    actor_partner: float
    reciprocity: float


def round_robin(marks: Floats) -> RoundRobin:
    """Take a full round robin apart; row: who marks, column: who is marked.

    Clause: SPEC B3
    Shapes: marks (n, n), the diagonal is not read.
    Raises: Refused for fewer than four persons or a missing mark.
    Source: Warner, Kenny and Stoto (1979), social relations model.
    """
    n = marks.shape[0]
    off = ~np.eye(n, dtype=np.bool_)
    if n < LEAST or marks.shape != (n, n) or not np.isfinite(marks[off]).all():
        raise Refused(
            "互评循环须至少四人且每人互评齐全", do="请补齐互评后再分析", code="calibration.round_robin"
        )
    held = np.where(off, marks, 0.0)
    mean = float(held.sum()) / (n * (n - 1))
    gives, gets = held.sum(axis=1) / (n - 1), held.sum(axis=0) / (n - 1)
    one, two, three = (n - 1) ** 2 / (n * (n - 2)), (n - 1) / (n * (n - 2)), (n - 1) / (n - 2)
    actor = one * gives + two * gets - three * mean
    partner = one * gets + two * gives - three * mean
    relation = np.where(off, marks - actor[:, None] - partner - mean, np.nan)
    return _variances(n, mean, actor, partner, relation)


def _variances(n: int, mean: float, actor: Floats, partner: Floats, relation: Floats) -> RoundRobin:
    upper = np.triu_indices(n, 1)
    there, back = relation[upper], relation.T[upper]
    pairs = (n - 1) * (n - 2) / 2.0
    between = float(((there + back) ** 2).sum()) / 2.0 / (pairs - 1.0)
    within = float(((there - back) ** 2).sum()) / 2.0 / pairs
    relation_variance, reciprocity = (between + within) / 2.0, (between - within) / 2.0
    big, small = (n - 1) / (n * (n - 2)), 1.0 / (n * (n - 2))
    noise = relation_variance * big + reciprocity * small
    return RoundRobin(
        mean=mean,
        actor=actor,
        partner=partner,
        relation=relation,
        actor_variance=float(np.dot(actor, actor)) / (n - 1) - noise,
        partner_variance=float(np.dot(partner, partner)) / (n - 1) - noise,
        relation_variance=relation_variance,
        actor_partner=float(np.dot(actor, partner)) / (n - 1) - reciprocity * big - relation_variance * small,
        reciprocity=reciprocity,
    )
