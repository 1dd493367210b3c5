"""What was refused can be looked through, corrected, let in again or dismissed, by a named person."""

from datetime import date

import pytest

from hengjian.evidence import operations, queries
from hengjian.evidence.errors import CorrectionRefused
from hengjian.evidence.feeds.folder import feed_from_text
from hengjian.evidence.models import Batch, Case, Quarantined, QuarantineDecision
from tests.unit.evidence.conftest import HOTLINE, NOW
from tests.unit.evidence.test_import import GOOD, LATE, OPEN

pytestmark = pytest.mark.usefixtures("roster")
WHO = {"by": "李四", "reason": "核对原始工单", "now": NOW}


@pytest.fixture
def waiting(hotline, write, rules):
    receipt = operations.import_file(
        hotline,
        write(GOOD.replace("云溪镇", "某某局"), LATE.replace("石桥镇", "未登记镇"), OPEN + ",多"),
        by="tester", now=NOW, rules=rules,
    )  # fmt: skip
    return receipt.quarantined


def test_a_corrected_row_comes_in_and_both_versions_stay(waiting, rules) -> None:
    receipt = operations.correct(waiting[0], {"承办单位": "云溪镇"}, rules=rules, **WHO)
    assert receipt.admitted == 1
    row = queries.quarantined_row(waiting[0])
    assert (row.state, row.by, row.changes) == ("corrected", "李四", {"承办单位": "云溪镇"})
    assert row.raw["承办单位"] == "某某局"
    assert queries.record_by_digest(row.record) == Case.objects.get()
    assert Case.objects.get().row == 2


def test_a_correction_that_is_still_wrong_writes_nothing(waiting, rules) -> None:
    batches = Batch.objects.count()
    with pytest.raises(CorrectionRefused) as found:
        operations.correct(waiting[0], {"承办单位": "甲乙丙"}, rules=rules, **WHO)
    assert found.value.code == "quarantine.still_wrong"
    assert "甲乙丙" in found.value.what
    assert Batch.objects.count() == batches
    assert queries.quarantined_row(waiting[0]).state == "waiting"


@pytest.mark.parametrize("changes", [{}, {"承办单位": "某某局"}, {"没有的列": "x"}])
def test_a_correction_must_change_a_cell_of_the_row(waiting, rules, changes) -> None:
    with pytest.raises(CorrectionRefused) as found:
        operations.correct(waiting[0], changes, rules=rules, **WHO)
    assert found.value.code == "quarantine.no_change"


def test_a_decision_needs_a_person_and_a_reason_and_is_taken_once(waiting, rules) -> None:
    with pytest.raises(CorrectionRefused):
        operations.dismiss(waiting[0], by="李四", reason=" ", now=NOW)
    operations.dismiss(waiting[0], **WHO)
    for again in (
        lambda: operations.dismiss(waiting[0], **WHO),
        lambda: operations.correct(waiting[0], {"承办单位": "云溪镇"}, rules=rules, **WHO),
        lambda: operations.readmit([waiting[0]], rules=rules, **WHO),
    ):
        with pytest.raises(CorrectionRefused) as found:
            again()
        assert found.value.code == "quarantine.decided"
    assert QuarantineDecision.objects.count() == 1
    assert not Case.objects.exists()


def test_rows_come_in_after_the_roster_and_the_mapping_were_mended(waiting, rules) -> None:
    from hengjian.roster.models import Organisation

    Organisation.objects.create(
        code="990000",
        name="新镇",
        short_name="新镇",
        level="township",
        path="/990000/",
        since=date(2020, 1, 1),
    )
    first = operations.readmit(waiting, rules=rules, **WHO)
    assert first.admitted == [waiting[1]]
    assert {n: [f.code for f in fs] for n, fs in first.waiting.items()} == {
        waiting[0]: ["not_a_code"],
        waiting[2]: ["width"],
    }
    mended = feed_from_text(HOTLINE.replace("units: {", 'units: {某某局: "330200", '), "x")
    second = operations.readmit([waiting[0], waiting[2]], feed=mended, rules=rules, **WHO)
    assert second.admitted == [waiting[0]]
    assert Case.objects.count() == 2
    assert queries.quarantine_counts() == [{"feed": "hotline", "waiting": 1, "decided": 2}]


def test_a_row_of_the_wrong_width_needs_a_correction(waiting, rules) -> None:
    receipt = operations.correct(waiting[2], {"类型": "投诉"}, rules=rules, **WHO)
    assert receipt.admitted == 1


def test_a_changed_record_is_superseded_only_when_a_person_confirms(hotline, write, rules) -> None:
    operations.import_file(hotline, write(GOOD), by="t", now=NOW, rules=rules)
    changed = operations.import_file(
        hotline, write(GOOD.replace("咨询", "投诉")), by="t", now=NOW, rules=rules
    )
    number = changed.quarantined[0]
    assert operations.readmit([number], rules=rules, **WHO).admitted == []
    done = operations.readmit([number], rules=rules, confirm_changes=True, **WHO)
    assert done.admitted == [number]
    assert done.receipts[0].superseding == 1
    assert Case.objects.get(supersedes__isnull=False).case_kind == "投诉"


def test_a_row_once_decided_is_known_when_its_file_comes_again(hotline, write, rules) -> None:
    path = write(GOOD.replace("云溪镇", "某某局"))
    first = operations.import_file(hotline, path, by="t", now=NOW, rules=rules)
    operations.dismiss(first.quarantined[0], **WHO)
    again = operations.import_file(hotline, path, by="t", now=NOW, rules=rules)
    assert (again.known, again.refused) == (1, 0)
    assert Quarantined.objects.count() == 1


def test_the_quarantine_can_be_filtered(waiting) -> None:
    operations.dismiss(waiting[0], **WHO)
    assert queries.quarantined(state="waiting").count() == 2
    assert queries.quarantined(state="dismissed").count() == 1
    assert queries.quarantined(code="width").count() == 1
    assert queries.quarantined(feed="other").count() == 0
    assert queries.quarantined(kind="case").count() == 3


def test_another_feed_cannot_take_the_rows(waiting, rules) -> None:
    other = feed_from_text(HOTLINE.replace("feed: hotline", "feed: petitions"), "x")
    with pytest.raises(CorrectionRefused) as found:
        operations.readmit([waiting[0]], feed=other, rules=rules, **WHO)
    assert found.value.code == "quarantine.other_feed"


# --- what an inspector found, and whose units a row is about -------------------------------------------
def test_an_opinion_is_kept_with_its_author_and_decides_nothing(waiting) -> None:
    operations.say_found(waiting[0], "fails", "现场核对：无此工单", by="核查员", now=NOW)
    operations.say_found(waiting[0], "holds", "调取原件后更正前一意见", by="核查员", now=NOW)
    told = [(one.found, one.by) for one in queries.opinions(waiting[0])]
    assert told == [("fails", "核查员"), ("holds", "核查员")]
    assert queries.quarantined_row(waiting[0]).state == "waiting"
    assert (queries.to_check("核查员", ("",)), queries.to_check("另一人", ("",))) == (2, 3)


@pytest.mark.parametrize(
    ("found", "text", "code"),
    [("", "x", "quarantine.no_finding"), ("guilty", "x", "quarantine.no_finding"),
     ("holds", " ", "quarantine.unsigned")],
)  # fmt: skip
def test_an_opinion_says_what_was_found(waiting, found, text, code) -> None:
    with pytest.raises(CorrectionRefused) as refused:
        operations.say_found(waiting[0], found, text, by="核查员", now=NOW)
    assert refused.value.code == code
    assert not queries.opinions(waiting[0])


def test_nothing_more_is_said_about_what_was_decided(waiting) -> None:
    operations.dismiss(waiting[0], **WHO)
    with pytest.raises(CorrectionRefused) as refused:
        operations.say_found(waiting[0], "holds", "迟了", by="核查员", now=NOW)
    assert refused.value.code == "quarantine.decided"


def test_a_unit_sees_the_rows_about_itself_and_those_below(hotline, write, rules, roster) -> None:
    """By the feed's own column and code table; what names no unit of the roster is the whole city's."""
    late = GOOD.replace("2026-06-03", "2027-06-03")  # refused: after it came in
    operations.import_file(
        hotline,
        write(late, late.replace("A1", "A9").replace("云溪镇", "石桥镇"), GOOD.replace("云溪镇", "某某局")),
        by="t", now=NOW, rules=rules,
    )  # fmt: skip
    text = 'feed: m\nname: m\nkind: metric\nconstants: {organisation: "330100"}\ncolumns:\n'
    text += "  metric: 指标\n  period: 周期\n  value: 数值\n  unit: 单位__in\n"
    path = write("gep,2026-H1,不是数,yuan", head="指标,周期,数值,单位__in", name="m.csv")
    operations.import_file(feed_from_text(text, "m"), path, by="t", now=NOW, rules=rules)

    def seen(*scopes: str) -> list[str]:
        return [row.raw.get("承办单位", row.feed) for row in queries.quarantined(scopes=scopes)]

    assert seen("") == ["云溪镇", "石桥镇", "某某局", "m"]
    assert seen("330100") == ["云溪镇", "m"]
    assert seen("330200") == ["石桥镇"]
    assert sorted(seen("330100", "330200")) == ["m", "云溪镇", "石桥镇"]
    assert seen("33") == seen("no/such") == seen() == []
    assert {one["feed"]: one["waiting"] for one in queries.quarantine_counts(["330200"])} == {"hotline": 1}
    other = queries.quarantined(scopes=["330200"]).get().pk
    assert queries.quarantined_row(other, ["330100"]) is None
