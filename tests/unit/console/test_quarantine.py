"""The quarantine: found by what is wrong, corrected, admitted again, dismissed; nothing is lost."""

from collections.abc import Callable

from django.test import Client

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
