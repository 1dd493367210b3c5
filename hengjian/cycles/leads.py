"""Leads for a person, found when a cycle is scored: from the frozen marks and from how sheets were filled in.

They are kept with the sheet and never stand in a bundle: what is only a suspicion is not published.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from statistics import fmean

import numpy as np

from hengjian.calibration.careless import hasty
from hengjian.calibration.favour import Team, blocs, reciprocal_pairs
from hengjian.calibration.screening import leads_at
from hengjian.policy.policy import Policy
from hengjian.ratings.panels.marks import rater_key
from hengjian.ratings.panels.rows import RatedMark, rated_marks, sheet_traces
from hengjian.scoring.calibrated.fitting import fits_of
from hengjian.scoring.calibrated.leads import LeadRow, leads_of, row_of
from hengjian.scoring.calibrated.rule import CalibrationRule
from hengjian.scoring.rules import Rules, rules_of
from hengjian.scoring.sheet import ScoreSheet
from hengjian.scoring.snapshot import Seat, Snapshot
from hengjian.terms.period import Period

LEAST_TEAM = 4  # mutual liking cannot be told from the rest among fewer


def found_in(snapshot: Snapshot, policy: Policy, sheet: ScoreSheet, salt: bytes = b"") -> tuple[LeadRow, ...]:
    """All leads of a cycle. ``salt`` tells which official a signed rater is: needed to look for favours.

    Clause: SPEC B3
    Policy: calibration.false_discovery_rate, calibration.least_seconds
    """
    rules = rules_of(policy, snapshot.seats)
    if rules.calibration is None:
        return ()
    rows = [*_of_marks(snapshot, rules, sheet), *_hasty(snapshot, rules.calibration)]
    if salt:
        rows += _favours(snapshot, policy, rules.calibration, salt)
    return tuple(rows)


def _of_marks(snapshot: Snapshot, rules: Rules, sheet: ScoreSheet) -> Iterable[LeadRow]:
    if rules.calibration is None or sheet.calibration is None:
        return ()
    fits = fits_of(snapshot, rules.calibration, rules.groups, rules.instruments)
    return leads_of(fits, sheet.calibration.groups, rules.calibration, rules.grades)


def _hasty(snapshot: Snapshot, rule: CalibrationRule) -> Iterable[LeadRow]:
    """Sheets filled in faster than they can be read. A sheet is named by its official, never by its rater."""
    held = {(seat.official, seat.post): seat.id for seat in snapshot.seats}
    traces = sheet_traces(Period(snapshot.cycle.period), snapshot.cycle.cut_off, b"")
    kept = [one for one in traces if (one.official, one.post) in held and one.answers]
    if not kept:
        return ()
    seconds = np.array([float(one.seconds) for one in kept])
    marks = np.array([float(len(one.answers)) for one in kept])
    names = [str(at) for at in range(len(kept))]
    found = leads_at(hasty(names, seconds, marks, rule.seconds), rule.rate)
    about = [(lead, kept[int(lead.who[0])]) for lead in found]
    return [
        LeadRow("hasty", one.group, (held[one.official, one.post],), (), dict(lead.evidence), lead.rate)
        for lead, one in about
    ]


def _favours(snapshot: Snapshot, policy: Policy, rule: CalibrationRule, salt: bytes) -> Iterable[LeadRow]:
    """Mutual favours and blocs in teams whose members sign what they mark."""
    period, cut_off = Period(snapshot.cycle.period), snapshot.cycle.cut_off
    keys = {rater_key(salt, period.text, seat.official): seat for seat in snapshot.seats}
    by_group: dict[str, list[RatedMark]] = {}
    for row in rated_marks(period, cut_off, snapshot.seats, policy):
        if row.rater in keys:
            by_group.setdefault(row.group, []).append(row)
    # the shuffles' seed is the cycle itself: whoever repeats them finds the same
    seed = int.from_bytes(snapshot.cycle.id.encode()[-6:], "big")
    for group, rows in sorted(by_group.items()):
        teams = teams_of(rows, keys)
        if teams:
            leads = leads_at([*reciprocal_pairs(teams), *blocs(teams, seed)], rule.rate)
            yield from (row_of(lead, group, {name: name for name in lead.who}) for lead in leads)


def teams_of(rows: Iterable[RatedMark], keys: Mapping[str, Seat]) -> tuple[Team, ...]:
    """Teams in which everybody marked everybody else, with the mean mark of each pair.

    Clause: SPEC B3
    """
    seats = {(seat.official, seat.post): seat for seat in keys.values()}
    given: dict[tuple[str, str], list[float]] = {}
    members: dict[str, set[str]] = {}
    for row in rows:
        rater, marked = keys[str(row.rater)], seats.get((row.official, row.post))
        if marked is None or rater.organisation != marked.organisation or rater.id == marked.id:
            continue
        given.setdefault((rater.id, marked.id), []).append(row.value)
        members.setdefault(marked.organisation, set()).update((rater.id, marked.id))
    return tuple(
        Team(tuple(names), _matrix(names, given))
        for _place, found in sorted(members.items())
        if len(names := sorted(found)) >= LEAST_TEAM
        and all((a, b) in given for a, b in product(names, names) if a != b)
    )


def _matrix(names: Sequence[str], given: Mapping[tuple[str, str], Sequence[float]]) -> np.ndarray:
    return np.array([[fmean(given[a, b]) if a != b else 0.0 for b in names] for a in names])
