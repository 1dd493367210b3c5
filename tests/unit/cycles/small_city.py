"""Two townships of the synthetic city, let in through the rooms' doors."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from hengjian.cycles import operations
from hengjian.cycles.operations import NewCycle
from hengjian.cycles.transitions import Audit
from hengjian.demo import figures, files, opinions
from hengjian.demo.people import members
from hengjian.demo.places import CITY, COUNTIES, TOWNS
from hengjian.evidence.feeds.folder import direct_feed
from hengjian.evidence.operations import admit
from hengjian.evidence.records import CaseDraft, MetricDraft
from hengjian.policy import load, shipped
from hengjian.ratings.panels.marks import MarkDraft
from hengjian.ratings.panels.operations import Office, admit_marks
from hengjian.roster import operations as roster
from hengjian.terms.period import Period

NOW = datetime(2026, 7, 7, 1, tzinfo=UTC)
CUT_OFF = datetime(2026, 7, 9, 10, tzinfo=UTC)
PERIOD = Period("2026-H1")
TWO = TOWNS[12:14]
PEOPLE = tuple(m for m in members() if m.town in TWO)


def audit(by: str = "office", reason: str = "", hours: int = 0) -> Audit:
    return Audit(by=by, at=CUT_OFF + timedelta(hours=hours), reason=reason)


def seat(number: int = 0) -> str:
    return f"{PEOPLE[number].official}@{PEOPLE[number].post}"


def let_roster_in() -> None:
    since = date(2015, 1, 1)
    county = next(c for c in COUNTIES if c.code == TWO[0].county)
    rows = {
        "organisation": [
            {"code": CITY[0], "name": CITY[1], "level": "city", "since": since},
            {"code": county.code, "name": county.name, "level": "county", "parent": CITY[0], "since": since},
            *(
                {"code": t.code, "name": t.name, "level": "township", "parent": county.code, "since": since}
                for t in TWO
            ),
        ],
        "zone": [{"organisation": county.code, "zone": county.zone, "since": since}],
        "post": [
            {
                "code": m.post,
                "title": m.title,
                "organisation": m.town.code,
                "category": m.category,
                "since": since,
            }
            for m in PEOPLE
        ],
        "official": [{"code": m.official, "name": m.name} for m in PEOPLE],
        "tenure": [{"official": m.official, "post": m.post, "since": m.since} for m in PEOPLE],
    }
    roster.admit(rows, by="t", now=NOW, source="test")


def let_facts_in(*, without: tuple[str, ...] = ()) -> None:
    units = {"tax_per_mu": "万元/亩", "farm_processing": "亿元", "gep": "亿元"}
    admit(
        [
            MetricDraft(
                organisation=row.town.code,
                metric=row.metric,
                period=PERIOD.text,
                value=Decimal(str(row.value)),
                unit=units[row.metric],
                target=Decimal(str(row.target)),
                source="t",
            )
            for row in figures.metrics(PERIOD)
            if row.town in TWO and row.metric in units and row.metric not in without
        ],
        direct_feed("metric", "metrics", "指标"),
        by="t",
        now=NOW,
    )
    opened = datetime(2026, 5, 4, 1, tzinfo=UTC)
    admit(
        [
            CaseDraft(
                external_id=f"{town.code}-{n}",
                organisation=town.code,
                status="closed",
                opened_at=opened,
                due_at=opened + timedelta(days=7),
                due_basis="legal",
                closed_at=opened + timedelta(days=5 if n else 9),
                kind="x",
                reopened=False,
                satisfied=n != 1,
                counted_on=date(2026, 5, 12),
            )
            for town in TWO
            for n in range(6)
        ],
        direct_feed("case", "hotline", "热线"),
        by="t",
        now=NOW,
    )


def let_marks_in() -> None:
    office = Office(by="t", now=NOW, policy=load(shipped()["seed"]), salt=b"t")
    rows = [
        MarkDraft(
            official=m.member.official,
            post=m.member.post,
            period=PERIOD.text,
            group=m.group,
            stratum=m.stratum,
            indicator=m.indicator,
            value=Decimal(m.value),
            given_on=files.given_on(PERIOD),
            rater=m.rater,
            ballots=m.ballots,
        )
        for m in opinions.marks(PERIOD)
        if m.member in PEOPLE
    ]
    receipt = admit_marks(rows, office, source="test")
    assert receipt.refused == 0, receipt.report[:3]


def open_one(number: str = "t-2026-h1", **given: object) -> None:
    terms = {
        "id": number,
        "title": "测试（合成数据）",
        "period": PERIOD.text,
        "policy": "seed",
        "on": PERIOD.end,
        "cut_off": CUT_OFF,
        "synthetic": True,
    } | given
    operations.open_cycle(NewCycle(**terms), audit(reason="测试"))


def to_published(number: str, folder: Path) -> None:
    operations.freeze(number, audit())
    operations.score(number, audit(hours=1))
    operations.review(number, audit("leader", "已核对", 2))
    operations.publish(number, audit(hours=3), folder)


def build() -> None:
    """Two townships, twelve seats, all facts; one open cycle ``t-2026-h1``."""
    let_roster_in()
    let_facts_in()
    let_marks_in()
    open_one()
