"""Who may open which page: every cell, against the running views. Nothing is allowed unasked."""

from collections.abc import Callable

import pytest
from django.test import Client

from console.conftest import BEFORE, OPEN, ROLES, SEED

Browser = Callable[[str], Client]

READERS = {"office", "leader", "auditor"}
EVERYBODY = {*READERS, "official"}
HOLDERS = {*EVERYBODY, "followup", "reviewer", "protector"}
OTHER = "another official's seat"
PAGES = {
    "/": {*HOLDERS, "nobody"},
    "/manual/": {*HOLDERS, "nobody"},
    "/manual/roles/": {*HOLDERS, "nobody"},
    "/policies/": HOLDERS,
    "/policies/seed/": HOLDERS,
    "/policies/seed/scorecards/": HOLDERS,
    "/policies/seed/panel/": HOLDERS,
    "/policies/seed/parameters/": HOLDERS,
    "/policies/seed/what-if/": READERS,
    "/policies/compare/": HOLDERS,
    "/cycles/": READERS,
    f"/cycles/{SEED}/": READERS,
    f"/cycles/{SEED}/bundle/": READERS,
    f"/cycles/{SEED}/papers/": {"office"},
    f"/cycles/{SEED}/seats/OWN/paper/": {"office", "official"},
    f"/cycles/{SEED}/seats/OTHER/paper/": {"office"},
    f"/cycles/{SEED}/ranking/": READERS,
    f"/cycles/{SEED}/dashboard/": READERS,
    f"/cycles/{SEED}/dashboard/?area=990103": READERS,
    f"/cycles/{SEED}/calibration/": READERS,
    f"/cycles/{SEED}/compare/?other={BEFORE}": READERS,
    f"/cycles/{OPEN}/do/freeze/": {"office"},
    f"/cycles/{OPEN}/do/unfreeze/": {"office"},
    f"/cycles/{OPEN}/do/score/": {"office"},
    f"/cycles/{OPEN}/do/review/": {"leader"},
    f"/cycles/{OPEN}/do/publish/": {"office"},
    f"/cycles/{OPEN}/add/": {"office"},
    f"/cycles/{SEED}/correct/": {"office"},
    "/quarantine/": READERS,
    "/ratings/": READERS,
    "/ratings/units/": READERS,
    "/ratings/channels/": READERS,
    "/ratings/duties/": READERS,
    "/ratings/sheets/": {"office"},
    "/ratings/audit/": {"auditor"},
    "/ratings/sources/": READERS,
    "/followups/": {"followup"},
    "/followups/problems/": {"followup"},
    "/followups/reminders/": {"followup", "office"},
    "/contests/": {"reviewer", "official"},
    "/contests/flags/": {"reviewer"},
    "/reports/": {"protector", "leader"},
    "/officials/": READERS,
    "/officials/units/": READERS,
    "/officials/OFFICIAL/": EVERYBODY,
    "/officials/STRANGER/": READERS,
    "/results/own/": {"official"},
    "/panels/": READERS,
    "/panels/new/": {"office"},
    "/panels/outsiders/": {"office"},
    "/panels/ties/": {"office"},
    "/imports/": {"office"},
    "/imports/template/metric/": {"office"},
    "/retention/": READERS,
    "/leaks/": set(),
    "/keys/": set(),
    "/keys/own/": {*HOLDERS, "nobody"},
    "/pushes/": set(),
    "/pushes/own/": {*HOLDERS, "nobody"},
    "/looks/": {"official"},
    "/trail/": {"auditor"},
    "/notary/": READERS,
    "/notary/heads/": READERS,
    "/notary/witnesses/": READERS,
    "/notary/anchors/": READERS,
    "/notary/reconciliation/": READERS,
    "/notary/proof/": READERS,
    "/notary/verify/": READERS,
    f"/cycles/{SEED}/seats/OWN/": EVERYBODY,
    f"/cycles/{SEED}/seats/OWN/workings/": EVERYBODY,
    f"/cycles/{SEED}/seats/OWN/certainty/": EVERYBODY,
    f"/cycles/{SEED}/seats/OTHER/certainty/": READERS,
    f"/cycles/{SEED}/seats/OTHER/": READERS,
    f"/cycles/{SEED}/seats/OTHER/workings/": READERS,
}


def other_seat(own: str) -> str:
    from hengjian.cycles import queries

    return next(one.seat for one in queries.sheet(SEED).seats if one.seat != own)


@pytest.mark.parametrize("person", ROLES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_for_whom_it_is_meant_and_for_nobody_else(
    signed_in: Browser, city: str, page: str, person: str
) -> None:
    stranger = other_seat(city)
    url = page.replace("OWN", city).replace("OTHER", stranger)
    for word, seat in (("OFFICIAL", city), ("STRANGER", stranger)):
        url = url.replace(word, seat.split("@", maxsplit=1)[0])
    wanted = 200 if person in PAGES[page] else 403
    answer = signed_in(person).get(url)
    assert answer.status_code == wanted
    b"".join(answer)  # reads it to its end, which closes the bundle's file


@pytest.mark.parametrize("page", PAGES)
def test_whoever_is_not_signed_in_is_sent_to_the_sign_in_page(people: object, city: str, page: str) -> None:
    answer = Client().get(page.replace("OWN", city).replace("OTHER", city))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("person", ["leader", "auditor"])
@pytest.mark.parametrize("deed", ["correct", "readmit", "dismiss"])
def test_only_the_office_decides_about_the_quarantine(signed_in: Browser, person: str, deed: str) -> None:
    from hengjian.evidence.queries import quarantined, quarantined_row

    number = quarantined(state="waiting").first().pk  # type: ignore[union-attr]
    answer = signed_in(person).post(f"/quarantine/{number}/", {"deed": deed, "reason": "试"})
    assert answer.status_code == 403
    assert quarantined_row(number).state == "waiting"  # type: ignore[union-attr]


def test_an_official_reads_no_result_that_is_not_published(signed_in: Browser, city: str) -> None:
    from console.conftest import NOW
    from hengjian.cycles import operations
    from hengjian.cycles.transitions import Audit

    operations.freeze(OPEN, Audit("office", NOW, reason="测试"))
    operations.score(OPEN, Audit("office", NOW))
    assert signed_in("office").get(f"/cycles/{OPEN}/seats/{city}/").status_code == 200
    assert signed_in("official").get(f"/cycles/{OPEN}/seats/{city}/").status_code == 403


def test_a_record_opens_only_through_a_seat_that_stands_on_it(signed_in: Browser, city: str) -> None:
    from hengjian.cycles import queries

    def digests(step: object) -> set[str]:
        return set(step.records).union(*(digests(child) for child in step.children))  # type: ignore[attr-defined]

    own = digests(queries.working_tree(SEED, city))
    foreign = next(iter(digests(queries.working_tree(SEED, other_seat(city))) - own))
    client = signed_in("official")
    assert client.get(f"/cycles/{SEED}/seats/{city}/records/{next(iter(own))}/").status_code == 200
    assert client.get(f"/cycles/{SEED}/seats/{city}/records/{foreign}/").status_code == 404
