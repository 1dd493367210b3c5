"""The city of Boston's hotline through a mapping file alone: what its own flag says, we find."""

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hengjian.evidence import queries
from hengjian.evidence.feeds.folder import load_feed
from hengjian.evidence.operations import Rules, import_file
from hengjian.policy import folder
from hengjian.policy.model import Line
from hengjian.policy.policy import Policy
from hengjian.scoring.assess import assess
from hengjian.scoring.snapshot import CycleFacts, Seat, Snapshot, Unit
from hengjian.terms.calendar import WorkCalendar
from hengjian.terms.period import Period

pytestmark = [pytest.mark.real_data, pytest.mark.django_db]

FEED = Path(__file__).resolve().parent.parent / "feeds" / "boston311"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
HALF = Period("2011-H2")
DEPARTMENTS = tuple(f"BOS-{code}" for code in ("BTD", "BWSC", "ISD", "MAYOR", "PARK", "PROP", "PWD"))
LIMIT = 60.0


@pytest.fixture
def departments() -> None:
    from hengjian.roster.models import Organisation

    for code in DEPARTMENTS:
        Organisation.objects.create(
            code=code, name=code, short_name=code, level="city", path=f"/{code}/", since=date(2000, 1, 1)
        )


def policy_of_timeliness() -> Policy:
    """The shipped policy with one line on every table: cases of this feed, by timeliness alone."""
    policy = folder.load(folder.shipped()["seed"]).in_force(date(2026, 6, 30))
    execution = policy.indicators["execution"]
    source = replace(execution.source, feed="boston311", measures={"on_time": 100.0})
    tables = tuple(replace(t, lines=(Line("execution", "base", 100.0, 100.0),)) for t in policy.tables)
    library = {**policy.indicators, "execution": replace(execution, source=source)}
    return replace(policy, indicators=library, tables=tables, tunings=(), modifiers=())


def snapshot() -> Snapshot:
    units = tuple(Unit(code, code, "city", "") for code in DEPARTMENTS)
    seats = tuple(
        Seat(
            f"H@{code}", "H", code, "head", code, "", "industrial_transition", "city", "principal",
            date(2010, 1, 1),
        )
        for code in DEPARTMENTS
    )  # fmt: skip
    facts = CycleFacts("boston", "Boston 311", HALF.text, "seed", date(2026, 6, 30), NOW, synthetic=False)
    return Snapshot(facts, units, seats, cases=tuple(queries.cases_for(HALF, NOW)))


@pytest.mark.usefixtures("departments")
def test_flag_of_the_city_is_matched_for_every_flagged_case_and_units_are_scored(real_data: Path) -> None:
    path = real_data / "boston311_2011" / "311_service_requests_2011.zip"
    seen: list[int] = []
    begun = time.perf_counter()
    receipt = import_file(
        load_feed(FEED), path, by="test", now=NOW, rules=Rules(WorkCalendar(), {}), progress=seen.append
    )
    tallies = queries.case_tallies(HALF, NOW)
    sheet = assess(snapshot(), policy_of_timeliness())
    spent = time.perf_counter() - begun

    assert (receipt.read, receipt.admitted, receipt.refused) == (58_251, 58_251, 0)
    assert (receipt.compared, receipt.agreed) == (58_093, 58_093)
    assert receipt.verdicts == {"on_time": 35_591, "overdue": 11_679, "no_deadline": 10_981}
    assert seen[-1] == 58_251
    assert tuple(code for _feed, code in tallies) == DEPARTMENTS
    total = Counter[str]()
    for tally in tallies.values():
        total.update(on_time=tally.on_time, overdue=tally.overdue, no_deadline=tally.no_deadline)
    assert total == receipt.verdicts
    scored = {score.seat.removeprefix("H@"): score.total for score in sheet.seats}
    for (_feed, code), tally in tallies.items():
        share = 100.0 * tally.on_time / tally.judged if tally.judged else None
        assert scored[code] == (share if share is None else pytest.approx(share, abs=1e-6))
    assert spent < LIMIT


@pytest.mark.usefixtures("departments")
def test_a_wrong_reading_of_the_flag_breaks_the_agreement(real_data: Path, tmp_path: Path) -> None:
    """The comparison can fail: were OVERDUE read as on time, every such case would disagree."""
    text = (FEED / "feed.yaml").read_text(encoding="utf-8")
    wrong = text.replace("OVERDUE: [overdue]", "OVERDUE: [on_time]")
    (tmp_path / "feed.yaml").write_text(wrong, encoding="utf-8")
    path = real_data / "boston311_2011" / "311_service_requests_2011.zip"
    receipt = import_file(load_feed(tmp_path), path, by="t", now=NOW, rules=Rules(WorkCalendar(), {}))
    assert (receipt.compared, receipt.agreed) == (58_093, 58_093 - 11_521)
