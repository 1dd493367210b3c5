"""The committee's page and each sheet show what calibration found; an edit needs a reason and is logged."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from console.conftest import BEFORE, OPEN, SEED
from hengjian.cycles import committee, queries
from hengjian.scoring.calibrated.table import sentence
from hengjian.terms.numbers import shown

Browser = Callable[[str], Client]


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def test_the_committee_sees_before_and_after_and_what_changed_for_whom(signed_in: Browser, city: str) -> None:
    table = committee.table_of(SEED)
    assert table is not None
    text = page(signed_in("office"), f"/cycles/{SEED}/calibration/")
    moved = max(table.groups, key=lambda row: abs(row.shift))
    assert shown(moved.trimmed) in text
    assert shown(moved.calibrated) in text
    for part in table.parts:
        assert f"{shown(100 * part.share, '0.1')}%" in text
    assert "校准前" in text
    assert "评分为什么不一样" in text
    held = [row for row in table.severities if row.kind == "rater"]
    assert text.count("实名评分人 ") >= len(held)
    assert "不能追到人" in text


def test_nobody_s_name_stands_on_the_page_without_a_ticket(signed_in: Browser, city: str) -> None:
    from hengjian.roster.models import Official

    text = page(signed_in("office"), f"/cycles/{SEED}/calibration/")
    names = set(Official.objects.values_list("name", flat=True))
    assert not [name for name in names if f">{name}<" in text]


def test_a_sheet_shows_four_marks_and_one_sentence_for_each_group(signed_in: Browser, city: str) -> None:
    table = committee.table_of(SEED)
    assert table is not None
    part = table.part_of(city)
    rows = table.marks_of(city)
    assert rows
    assert part is not None
    text = page(signed_in("official"), f"/cycles/{SEED}/seats/{city}/")
    for row in rows:
        for figure in (row.mean, row.median, row.trimmed, row.calibrated):
            assert f'<td class="n">{shown(figure)}</td>' in text or f"<b>{shown(figure)}</b>" in text
        assert sentence(row, part) in text
    assert "量表有上限" in text
    own = table.seat(city)
    assert own is not None
    if own.standing != "ranked":
        assert "暂不排名" in text


def test_who_cannot_be_ranked_is_marked_so_in_the_list(signed_in: Browser, city: str) -> None:
    table = committee.table_of(SEED)
    assert table is not None
    standing = {row.seat: row.standing for row in table.seats}
    for group in queries.groups(SEED):
        found = queries.ranking(SEED, group.key)
        expected = sum(standing.get(row.seat, "ranked") != "ranked" for row in found.rows)
        text = page(signed_in("leader"), f"/cycles/{SEED}/ranking/?group={group.key}")
        assert len(re.findall(r'hj-tag-warn">暂不排名', text)) == expected


def test_a_policy_that_calibrates_nothing_says_so(signed_in: Browser, city: str) -> None:
    assert "没有要校准的评价主体" in page(signed_in("office"), f"/cycles/{BEFORE}/calibration/")
    assert "评分校准做了什么" not in page(signed_in("office"), f"/cycles/{BEFORE}/seats/{city}/")


EDIT = {"points": "-1.5", "clause": "SPEC F7", "reason": "审议认为个别评分与事实不符，见会议纪要第3条"}


def test_an_edit_needs_a_reason_and_a_clause_and_is_written_into_the_log(
    signed_in: Browser, city: str
) -> None:
    from hengjian.notary.models import Pending

    url, client = f"/cycles/{OPEN}/calibration/edit/", signed_in("office")
    seat = next(iter(committee.committee(OPEN).seats))
    for lacking in ("reason", "clause", "points"):
        answer = client.post(url, EDIT | {"seat": seat, lacking: "  "})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
    assert committee.committee(OPEN).edits == ()
    before = Pending.objects.count()
    answer = client.post(url, EDIT | {"seat": seat}, follow=True)
    assert answer.status_code == 200
    edit = committee.committee(OPEN).edits[0]
    assert (edit.seat, edit.points, edit.reason, edit.author) == (seat, -1.5, EDIT["reason"], "office")
    assert EDIT["reason"] in answer.content.decode()
    assert Pending.objects.count() > before


@pytest.mark.parametrize("person", ["leader", "auditor", "official", "nobody"])
def test_only_the_office_may_edit(signed_in: Browser, city: str, person: str) -> None:
    seat = next(iter(committee.committee(OPEN).seats))
    answer = signed_in(person).post(f"/cycles/{OPEN}/calibration/edit/", EDIT | {"seat": seat})
    assert answer.status_code == 403
    assert committee.committee(OPEN).edits == ()


def test_nothing_is_edited_after_the_freeze(signed_in: Browser, city: str) -> None:
    client = signed_in("office")
    assert "id_points" not in page(client, f"/cycles/{SEED}/calibration/")
    answer = client.post(f"/cycles/{SEED}/calibration/edit/", EDIT | {"seat": city})
    assert answer.status_code == 422
    assert committee.committee(SEED).edits == committee.edits_of(queries.cycle_of(SEED))
