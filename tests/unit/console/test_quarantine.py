"""The quarantine: found by what is wrong, corrected, admitted again, dismissed; nothing is lost."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from console.conftest import NOW

Browser = Callable[[str], Client]


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def unknown_organisation() -> int:
    from hengjian.evidence.queries import quarantined

    return quarantined(state="waiting", code="organisation_unknown").first().pk  # type: ignore[union-attr]


def test_filters_find_a_record_by_its_reason(signed_in: Browser) -> None:
    client, number = signed_in("auditor"), unknown_organisation()
    assert f"/quarantine/{number}/" in page(client, "/quarantine/?state=waiting&code=organisation_unknown")
    assert f"/quarantine/{number}/" not in page(client, "/quarantine/?state=waiting&code=future&feed=metrics")
    assert "没有符合条件的记录" in page(client, "/quarantine/?state=dismissed")


def test_a_record_is_corrected_in_a_form_and_its_original_stays(signed_in: Browser) -> None:
    from hengjian.evidence.queries import quarantined_row

    client, number = signed_in("office"), unknown_organisation()
    row = quarantined_row(number)
    assert row is not None
    text = page(client, f"/quarantine/{number}/")
    for fault in row.faults:
        assert fault.what.replace('"', "&quot;") in text
    wrong = next(fault.column for fault in row.faults if fault.code == "organisation_unknown")
    form = {f"cell-{n}": value for n, value in enumerate(row.raw.values())}
    form[f"cell-{list(row.raw).index(wrong)}"] = "990103001"
    done = client.post(f"/quarantine/{number}/", {**form, "deed": "correct", "reason": "代码录错，已核实"})
    assert done.status_code == 302
    after = quarantined_row(number)
    assert after is not None
    assert (after.state, after.by, after.changes) == ("corrected", "office", {wrong: "990103001"})
    assert after.raw == row.raw
    assert after.record in page(client, f"/quarantine/{number}/")


def test_a_correction_that_still_does_not_fit_is_refused_with_the_reason(signed_in: Browser) -> None:
    from hengjian.evidence.queries import quarantined_row

    client, number = signed_in("office"), unknown_organisation()
    same = client.post(f"/quarantine/{number}/", {"deed": "readmit", "reason": "再查"})
    assert same.status_code == 422
    assert "不在机构名册中" in same.content.decode()
    silent = client.post(f"/quarantine/{number}/", {"deed": "dismiss", "reason": "  "})
    assert silent.status_code == 422
    assert quarantined_row(number).state == "waiting"  # type: ignore[union-attr]


def test_a_record_is_dismissed_with_a_reason_and_stays_readable(signed_in: Browser) -> None:
    client, number = signed_in("office"), unknown_organisation()
    client.post(f"/quarantine/{number}/", {"deed": "dismiss", "reason": "重复报送"})
    text = page(client, f"/quarantine/{number}/")
    assert "不予接收" in text
    assert "重复报送" in text
    assert page(client, "/quarantine/?state=dismissed").count(f"/quarantine/{number}/") == 1


def test_an_entry_that_is_not_there_is_not_found(signed_in: Browser) -> None:
    assert signed_in("office").get("/quarantine/999999999/").status_code == 404


# --- by role and by unit -------------------------------------------------------------------------------
COUNTY, OTHER = "9901/990103", "9901/990101"


@pytest.fixture
def of_unit(people: object, city: str) -> Callable[..., Client]:
    """Somebody with a role for one unit."""

    def come(role: str, organisation: str = "") -> Client:
        from hengjian.access import operations
        from hengjian.access.operations import Scope
        from hengjian.access.roles import Role

        user = operations.create_user(f"{role}{organisation.replace('/', '-')}", f"乙{role}", now=NOW)
        operations.grant(
            user, Role(role), on=date(2026, 1, 1), by=None, reason="测试", scope=Scope(organisation)
        )
        client = Client(headers={"accept-language": "zh-CN"})
        client.force_login(user)
        return client

    return come


def of_county() -> int:
    """A waiting row about a unit of the county."""
    from hengjian.evidence.queries import quarantined

    return quarantined(state="waiting", scopes=[COUNTY]).first().pk  # type: ignore[union-attr]


def test_rows_of_another_county_are_not_there(of_unit: Callable[..., Client]) -> None:
    number = of_county()
    for role in ("inspector", "feed", "auditor"):
        own, other = of_unit(role, COUNTY), of_unit(role, OTHER)
        assert f"/quarantine/{number}/" in page(own, "/quarantine/")
        assert f"/quarantine/{number}/" not in page(other, "/quarantine/?state=")
        assert own.get(f"/quarantine/{number}/").status_code == 200
        assert other.get(f"/quarantine/{number}/").status_code == 404
        nameless = unknown_organisation()
        assert own.get(f"/quarantine/{nameless}/").status_code == 404, "whose it is nobody knows"


def test_an_inspector_says_what_was_found_and_the_office_reads_it(
    of_unit: Callable[..., Client], signed_in: Browser
) -> None:
    inspector, number = of_unit("inspector", COUNTY), of_county()
    assert "条待核记录等待核查" in page(inspector, "/")
    text = page(inspector, f"/quarantine/{number}/")
    assert "提交核查意见" in text
    for absent in ('value="correct"', 'value="readmit"', 'value="dismiss"'):
        assert absent not in text
    said = {"deed": "say_found", "found": "fails", "reason": "调阅原始台账，与所报不符"}
    assert inspector.post(f"/quarantine/{number}/", {**said, "found": ""}).status_code == 422
    assert inspector.post(f"/quarantine/{number}/", said).status_code == 302
    for client in (inspector, signed_in("office")):
        assert "调阅原始台账，与所报不符" in page(client, f"/quarantine/{number}/")
    for deed in ("correct", "readmit", "dismiss", "nonsense"):
        assert inspector.post(f"/quarantine/{number}/", {"deed": deed, "reason": "试"}).status_code == 403
    assert signed_in("office").post(f"/quarantine/{number}/", said).status_code == 403


def test_a_feeds_owner_puts_right_the_own_rows_and_keeps_none_out(of_unit: Callable[..., Client]) -> None:
    from hengjian.evidence.queries import quarantined_row

    owner, number = of_unit("feed", COUNTY), of_county()
    assert "条待核记录等待处理" in page(owner, "/")
    text = page(owner, f"/quarantine/{number}/")
    assert 'value="correct"' in text
    assert 'value="dismiss"' not in text
    assert owner.post(f"/quarantine/{number}/", {"deed": "dismiss", "reason": "x"}).status_code == 403
    other = of_unit("feed", OTHER)
    assert other.post(f"/quarantine/{number}/", {"deed": "readmit", "reason": "x"}).status_code == 404
    tried = owner.post(f"/quarantine/{number}/", {"deed": "readmit", "reason": "来源已修正"})
    assert tried.status_code in {302, 422}
    row = quarantined_row(number)
    assert row is not None
    assert (row.state == "readmitted") == (tried.status_code == 302)
