"""What reads look like in JSON. A field of a person that the key may not see is empty."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from ninja import Schema

from hengjian.access.masking import Field
from hengjian.console.api.persons import Seen
from hengjian.console.public_ratings import SeatResult
from hengjian.cycles.shapes import Ranking, RankingRow, SeatSheet
from hengjian.notary import queries as log
from hengjian.notary.models import Head
from hengjian.notary.recording import day_of
from hengjian.policy.policy import Policy
from hengjian.proof import notes
from hengjian.roster.directory import Place


class CycleOut(Schema):
    """A cycle."""

    id: str
    title: str
    period: str
    policy: str
    state: str
    synthetic: bool
    on: date
    cut_off: datetime
    seats: int
    supersedes: str
    superseded_by: str


class PublicationOut(Schema):
    """What was published: the digests that anybody can compute again."""

    root: str
    bundle_digest: str
    at: datetime


class CycleDetailOut(Schema):
    """A cycle with its digests."""

    row: CycleOut
    organisations: list[str]
    levels: list[str]
    snapshot_root: str
    sheet_root: str
    policy_digest: str
    engine: str
    code_version: str
    publication: PublicationOut | None


class GroupOut(Schema):
    """A comparable group."""

    key: str
    title: str
    seats: int
    caveat: str


class PersonOut(Schema):
    """A person, as far as the key may see; ``official`` is the number."""

    official: str
    name: str
    title: str
    organisation: str
    since: date | None


class RowOut(Schema):
    """One seat in a ranking or at the head of its sheet."""

    seat: str
    person: PersonOut
    group: str
    rank: int | None
    of: int
    tied: bool
    total: float | None
    grade: str | None
    parts: dict[str, float | None]
    factors: dict[str, float]
    adjustment: float
    gaps: int
    caveat: str


class RankingOut(Schema):
    """A page of a ranking. ``ticket``: the code of the look, as the query trail has it."""

    ticket: str
    group: str
    wider: bool
    caveat: str
    total: int
    page: int
    pages: int
    best: float | None
    median: float | None
    rows: list[RowOut]


class LineOut(Schema):
    """One line of a sheet."""

    indicator: str
    part: str
    weight: float
    effective_weight: float
    value: float | None
    points: float | None
    contribution: float | None


class GapOut(Schema):
    """A value that was not there, and what the policy did about it."""

    kind: str
    indicator: str
    group: str
    rule: str


class SheetOut(Schema):
    """A seat's sheet."""

    ticket: str
    row: RowOut
    median: float | None
    best: float | None
    lines: list[LineOut]
    gaps: list[GapOut]


class WorkingOut(Schema):
    """One step of a computation and the steps that it stands on."""

    key: str
    label: str
    rule: str
    clause: str
    result: float | None
    unit: str
    inputs: dict[str, float | str | None]
    records: list[str]
    children: list["WorkingOut"]


class SeatOut(Schema):
    """A person on a post on a day; ``post`` is empty where the post may not be seen."""

    person: PersonOut
    post: str
    category: str
    level: str
    zone: str


class SeatsOut(Schema):
    """A page of seats."""

    ticket: str
    on: date
    total: int
    page: int
    pages: int
    rows: list[SeatOut]


class ReleaseOut(Schema):
    """What was released of one post's public marks; without a release everything but the post is empty.

    ``levels``: the national five, the worst first, once the half-year is whole; at least so many, empty where
    too few.
    """

    official: str
    title: str
    organisation: str
    enough: bool
    count: int | None
    mean: float | None
    points: float | None
    low: float | None
    high: float | None
    levels: list[int | None]
    released_on: date | None


class ReleasesOut(Schema):
    """A page of the posts that serve the public, in a half-year."""

    ticket: str
    half: str
    total: int
    page: int
    pages: int
    rows: list[ReleaseOut]


class PolicyOut(Schema):
    """A policy on a day."""

    id: str
    title: str
    title_en: str
    on: date
    digest: str


class IndicatorOut(Schema):
    """An indicator with its clause."""

    code: str
    name: str
    name_en: str
    part: str
    unit: str
    direction: int
    version: str
    clause: str
    reading: str


class WeightOut(Schema):
    """A line of a scorecard, in percent."""

    indicator: str
    part: str
    weight: float


class ScorecardOut(Schema):
    """One post, one table."""

    zone: str
    category: str
    county: str
    clause: str
    lines: list[WeightOut]


class ParameterOut(Schema):
    """A value that the law or the city may change."""

    key: str
    name: str
    name_en: str
    value: float | int | str | bool | list[str]
    unit: str
    clause: str


class PolicyDetailOut(Schema):
    """A policy with what it says."""

    policy: PolicyOut
    indicators: list[IndicatorOut]
    scorecards: list[ScorecardOut]
    parameters: list[ParameterOut]


class QuarantineOut(Schema):
    """Refused rows of one feed."""

    feed: str
    waiting: int
    decided: int


class HeadOut(Schema):
    """A head of the log; ``note`` is the signed checkpoint."""

    size: int
    root: str
    at: datetime
    cosigned: int
    note: str


class EntryProofOut(Schema):
    """Where a row stands in the log; without ``proof`` it is not in a published head yet."""

    kind: str
    key: str
    index: int | None
    proof: str


class ProofOut(Schema):
    """Proofs of a cycle's rows."""

    rows: list[EntryProofOut]


def _row(one: RankingRow, persons: Seen, since: date | None = None) -> dict[str, Any]:
    kept = (
        "seat", "group", "rank", "of", "tied", "total", "grade", "parts", "factors", "adjustment", "gaps",
        "caveat",
    )  # fmt: skip
    person = persons.person(one.official, one.title, one.organisation, since)
    return {"person": person, **{name: getattr(one, name) for name in kept}}


def ranking_of(found: Ranking, persons: Seen) -> dict[str, Any]:
    """A page of a ranking as this key sees it."""
    kept = ("wider", "caveat", "total", "page", "pages", "best", "median")
    return {
        "ticket": persons.ticket,
        "group": found.group.key if found.group else "",
        "rows": [_row(one, persons) for one in found.rows],
        **{name: getattr(found, name) for name in kept},
    }


def sheet_of(found: SeatSheet, persons: Seen) -> dict[str, Any]:
    """A sheet as this key sees it; texts of gaps may name units and stay out."""
    return {
        "ticket": persons.ticket,
        "row": _row(found.row, persons, found.since),
        "median": found.median,
        "best": found.best,
        "lines": found.score.lines,
        "gaps": found.score.gaps,
    }


def seats_of(found: Sequence[Place], persons: Seen, on: date, paging: tuple[int, int, int]) -> dict[str, Any]:
    """A page of the roster as this key sees it."""
    total, page, size = paging
    post = persons.may(Field.TITLE) and persons.may(Field.ORGANISATION)
    rows = [
        {
            "person": persons.person(one.official, one.title, one.organisation, one.since),
            "post": one.post if post else "",
            "category": one.category,
            "level": one.level,
            "zone": one.zone,
        }
        for one in found
    ]
    pages = max(1, -(-total // size))
    return {"ticket": persons.ticket, "on": on, "total": total, "page": page, "pages": pages, "rows": rows}


def releases_of(
    found: Sequence[SeatResult], persons: Seen, half: str, paging: tuple[int, int, int]
) -> dict[str, Any]:
    """A page of what was released, as this key sees it: no more than the page of results shows."""
    total, page, size = paging
    pages = max(1, -(-total // size))
    rows = [_release(one, persons) for one in found]
    return {
        "ticket": persons.ticket,
        "half": half,
        "total": total,
        "page": page,
        "pages": pages,
        "rows": rows,
    }


def _release(one: SeatResult, persons: Seen) -> dict[str, Any]:
    seat, shown = one.seat, one.standing
    person = persons.person(seat.official, seat.title, seat.organisation)
    kept = ("enough", "count", "mean", "points", "low", "high", "levels")
    return {
        **{name: person[name] for name in ("official", "title", "organisation")},
        **{name: getattr(shown, name) for name in kept},
        "released_on": None if shown.released_on is None else day_of(shown.released_on),
    }


def policy_of(one: Policy) -> dict[str, Any]:
    """A policy in a list."""
    return {name: getattr(one, name) for name in ("id", "title", "title_en", "on", "digest")}


def policy_detail(one: Policy) -> dict[str, Any]:
    """A policy with all that it says."""
    return {
        "policy": policy_of(one),
        "indicators": [_claused(i, IndicatorOut) for i in one.indicators.values()],
        "scorecards": [_claused(table, ScorecardOut) for table in one.scorecards()],
        "parameters": [_claused(p, ParameterOut) for p in one.parameters.values()],
    }


def _claused(one: Any, shape: type[Schema]) -> Mapping[str, Any]:
    said = {name: getattr(one, name) for name in shape.model_fields if hasattr(one, name)}
    if isinstance(said.get("value"), tuple):
        said["value"] = list(said["value"])
    return {"reading": one.provenance.reading, **said, "clause": one.provenance.clause}


def head_of(head: Head) -> dict[str, Any]:
    """A head as the note that verifies offline."""
    return {
        "size": head.size, "root": bytes(head.root).hex(), "at": head.at, "cosigned": head.cosigned,  # type: ignore[attr-defined]
        "note": notes.write(log.note_of(head)).decode(),
    }  # fmt: skip


def proof_of(found: Sequence[tuple[str, str, log.EntryProof | None]]) -> dict[str, Any]:
    """Proofs as files."""
    rows = [
        {
            "kind": kind,
            "key": key,
            "index": None if proof is None else proof.index,
            "proof": "" if proof is None else proof.file.decode(),
        }
        for kind, key, proof in found
    ]
    return {"rows": rows}
