"""Invitations on paper: one QR code each, noted as handed over, nobody named; nothing else is printed."""

import re
from datetime import timedelta

import pytest

from hengjian.ratings.invitations import issuing, operations, printing
from hengjian.ratings.invitations.errors import InvitationRefused
from hengjian.ratings.invitations.models import Attempt, Ending
from tests.unit.invitations.conftest import DAY, NOW

BASE = "https://rate.test"


@pytest.fixture
def printed(office, draft):
    """Two for the counter, one sent by mail, one for assisted entry."""
    rows = [draft(1, channel="printed"), draft(2, channel="printed"), draft(3), draft(4, channel="assisted")]
    return operations.admit_events(rows, office, source="s").invited


def test_each_gets_a_code_of_its_own_that_opens_its_invitation(printed, seed, monkeypatch) -> None:
    shown = []
    monkeypatch.setattr(printing, "rendered", lambda tickets: shown.extend(tickets) or b"%PDF")
    rules = seed.in_force(DAY)
    assert printing.print_sheets(printed[:2], BASE, rules, "窗口一", NOW) == b"%PDF"
    links = [one.link for one in shown]
    assert len(set(links)) == 2
    for one, pk in zip(shown, printed[:2], strict=True):
        secret = one.link.removeprefix(f"{BASE}/r#")
        assert issuing.invitation_of(secret, NOW).pk == pk
        assert one.number == str(pk)[:8]
        assert secret not in repr(one)
    assert set(Attempt.objects.values_list("by", flat=True)) == {"窗口一"}
    assert {one.kind for one in shown} == {rules.param("service_events.approval").name}


def test_the_pdf_has_a_page_for_four_and_names_nobody(printed, seed) -> None:
    made = printing.print_sheets(printed[:2], BASE, seed.in_force(DAY), "t", NOW)
    assert made.startswith(b"%PDF")
    ticket = printing.Ticket(f"{BASE}/r#{'x' * 43}", "甲镇", "审批", "Approval", DAY, DAY, "1a2b3c4d")
    assert [_pages(printing.rendered([ticket] * n)) for n in (1, 4, 5, 9)] == [1, 1, 2, 3]


def _pages(pdf: bytes) -> int:
    found = re.search(rb"/Type\s*/Pages[^>]*?/Count\s+(\d+)", pdf) or re.search(rb"/Count\s+(\d+)", pdf)
    assert found
    return int(found[1])


def test_what_is_not_for_the_counter_is_refused_and_nothing_is_handed_over(printed, seed) -> None:
    rules = seed.in_force(DAY)
    for wrong in ([], printed[2:3], printed[3:], [printed[0], printed[2]], [printed[0]] * 201):
        with pytest.raises(InvitationRefused):
            printing.print_sheets(wrong, BASE, rules, "t", NOW)
    assert not Attempt.objects.exists()


def test_waiting_are_those_that_serve_and_were_not_opened(printed) -> None:
    def waits(now=NOW) -> set:
        return {one.pk for one in printing.waiting(now)}

    assert waits() == set(printed[:2])
    issuing.opened(operations.hand_over(printed[0], "t", NOW), NOW)
    assert waits() == {printed[1]}
    assert waits(NOW + timedelta(days=60)) == set()
    Ending.objects.create(invitation_id=printed[1], reason="late", at=NOW)
    assert waits() == set()
    assert printing.waiting(NOW, "nowhere") == []


def test_without_a_chinese_font_nothing_is_printed(printed, seed, monkeypatch) -> None:
    monkeypatch.setattr(printing, "FONTS", ("No Such Font",))
    printing.check_font.cache_clear()
    try:
        with pytest.raises(InvitationRefused, match="字体"):
            printing.print_sheets(printed[:1], BASE, seed.in_force(DAY), "t", NOW)
    finally:
        printing.check_font.cache_clear()
    assert not Attempt.objects.exists()


def test_an_assisted_link_says_so_and_a_printed_one_does_not() -> None:
    assert operations.link_of(BASE, "s", "assisted") == f"{BASE}/r#a.s"
    assert operations.link_of(BASE, "s", "printed") == f"{BASE}/r#s"
