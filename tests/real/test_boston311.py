"""The city of Boston's hotline through a mapping file alone: what its own flag says, we find."""

import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

pytestmark = [pytest.mark.real_data, pytest.mark.django_db]

FEED = Path(__file__).resolve().parent.parent / "feeds" / "boston311"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def departments() -> None:
    from hengjian.roster.models import Organisation

    for code in ("PWD", "ISD", "PARK", "BTD", "MAYOR", "PROP", "BWSC"):
        Organisation.objects.create(
            code=f"BOS-{code}", name=code, short_name=code, level="city", path=f"/BOS-{code}/",
            since=date(2000, 1, 1),
        )  # fmt: skip


@pytest.mark.usefixtures("departments")
def test_flag_of_the_city_is_matched_for_every_flagged_case(real_data: Path) -> None:
    from hengjian.evidence import queries
    from hengjian.evidence.feeds.folder import load_feed
    from hengjian.evidence.operations import Rules, import_file
    from hengjian.terms.calendar import WorkCalendar
    from hengjian.terms.period import Period

    path = real_data / "boston311_2011" / "311_service_requests_2011.zip"
    seen: list[int] = []
    begun = time.perf_counter()
    receipt = import_file(
        load_feed(FEED), path, by="test", now=NOW, rules=Rules(WorkCalendar(), {}), progress=seen.append
    )
    imported = time.perf_counter() - begun
    tallies = queries.case_tallies(Period("2011-H2"), NOW)
    spent = time.perf_counter() - begun
    print(f"import {imported:.1f} s, judged and counted {spent:.1f} s")

    assert (receipt.read, receipt.admitted, receipt.refused) == (58_251, 58_251, 0)
    assert (receipt.compared, receipt.agreed) == (58_093, 58_093)
    assert receipt.verdicts == {"on_time": 35_591, "overdue": 11_679, "no_deadline": 10_981}
    assert seen[-1] == 58_251
    assert {org for _feed, org in tallies} == {
        "BOS-PWD", "BOS-ISD", "BOS-PARK", "BOS-BTD", "BOS-MAYOR", "BOS-PROP", "BOS-BWSC",
    }  # fmt: skip
    total = Counter()
    for tally in tallies.values():
        total.update(on_time=tally.on_time, overdue=tally.overdue, no_deadline=tally.no_deadline)
    assert total == receipt.verdicts
    assert spent < 60
