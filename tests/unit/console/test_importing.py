"""Templates filled in and brought back: what a file would do comes first, one wrong cell stops all of it."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from python_calamine import load_workbook

Browser = Callable[[str], Client]


def filled(template: bytes, sheet: str, rows: list[list[object]]) -> bytes:
    """The template as somebody filled it in: its own header row, then the rows."""
    head = load_workbook(io.BytesIO(template)).get_sheet_by_name(sheet).to_python()[0]
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet(sheet)
    for down, row in enumerate([head, *rows]):
        for place, cell in enumerate(row):
            page.write(down, place, cell)
    book.close()
    return out.getvalue()


def upload(browser: Client, kind: str, data: bytes, name: str = "表.xlsx") -> Any:
    file = SimpleUploadedFile(name, data)
    return browser.post("/imports/", {"kind": kind, "file": file})


def organisation() -> str:
    from hengjian.roster.models import Organisation

    return Organisation.objects.order_by("code").values_list("code", flat=True)[0]


def metrics(browser: Client, value: object, unit: str = "个") -> bytes:
    template = browser.get("/imports/template/metric/").content
    row = [organisation(), "test.metric", "2025-H2", value, unit, "", "台账"]
    return filled(template, "指标值", [row])


def test_a_preview_writes_nothing_and_the_word_writes_once(signed_in: Browser, settings: Any) -> None:
    from hengjian.evidence.models import Batch, Metric, Quarantined

    office = signed_in("office")
    before = Batch.objects.count(), Quarantined.objects.count()
    answer = upload(office, "metric", metrics(office, 12.5))
    assert answer.status_code == 302
    page = office.get(answer["Location"])
    assert "什么都没有写入" in page.content.decode()
    assert '<td class="n">1</td>' in page.content.decode()
    assert (Batch.objects.count(), Quarantined.objects.count()) == before
    assert len(list((Path(settings.DATA) / "uploads").iterdir())) == 1
    done = office.post(answer["Location"], {"deed": "take"})
    assert (done.status_code, done["Location"]) == (302, "/imports/")
    (row,) = Metric.objects.filter(metric="test.metric")
    assert str(row.value.normalize()) == "12.5"
    assert row.batch.by == "office"
    assert list((Path(settings.DATA) / "uploads").iterdir()) == []
    assert office.post(answer["Location"], {"deed": "take"}).status_code == 302
    assert Metric.objects.filter(metric="test.metric").count() == 1


def as_text(head: str, *rows: str) -> bytes:
    return "\n".join([head, *rows, ""]).encode()


def test_a_sheet_saved_as_csv_needs_no_sheet_name(signed_in: Browser) -> None:
    from hengjian.evidence.models import Metric

    office = signed_in("office")
    head = "机构代码,指标代码,期间,数值,单位,目标值,出处"
    rows = as_text(head, f"{organisation()},csv.metric,2025-H2,7,个,,台账")
    where = upload(office, "metric", rows, "指标.csv")["Location"]
    assert "每一格都合格" in office.get(where).content.decode()
    office.post(where, {"deed": "take"})
    assert Metric.objects.filter(metric="csv.metric").count() == 1


def test_another_table_is_refused_without_a_path_of_ours(signed_in: Browser, settings: Any) -> None:
    office = signed_in("office")
    where = upload(office, "metric", as_text("甲,乙", "1,2"), "别的.csv")["Location"]
    text = office.get(where).content.decode()
    assert "请下载模板" in text
    assert str(settings.DATA) not in text
    assert "feed.yaml" not in text


def test_one_wrong_cell_stops_the_whole_file_and_is_named(signed_in: Browser) -> None:
    from hengjian.evidence.models import Batch, Metric, Quarantined

    office, counts = signed_in("office"), (Batch.objects.count(), Quarantined.objects.count())
    template = office.get("/imports/template/metric/").content
    good = [organisation(), "test.metric", "2025-H2", 1, "个", "", ""]
    rows = [good, [*good[:2], "2025年下半年", "十", *good[4:]], ["没有", "other", "2025-H2", 1, "个", "", ""]]
    where = upload(office, "metric", filled(template, "指标值", rows))["Location"]
    text = office.get(where).content.decode()
    for cell in ("指标值!C3", "指标值!D3", "指标值!A4"):
        assert cell in text, cell
    assert "确认导入" not in text
    assert office.post(where, {"deed": "take"}).status_code == 422
    assert not Metric.objects.filter(metric="test.metric").exists()
    assert (Batch.objects.count(), Quarantined.objects.count()) == counts
    report = office.get(f"{where}?export=csv&table=0").content.decode("utf-8-sig")
    assert "指标值!D3" in report


def test_cases_come_in_by_their_sheet(signed_in: Browser) -> None:
    from hengjian.evidence.models import Case

    office = signed_in("office")
    template = office.get("/imports/template/case/").content
    rows = [
        ["GD-1", organisation(), "投诉", "已办结", "2026-01-05 09:00", "2026-01-20", "", "2026-01-08 17:30",
         "否", "是"],
        ["GD-2", organisation(), "", "在办", "2026-01-06", "", "", "", "", ""],
    ]  # fmt: skip
    where = upload(office, "case", filled(template, "工单办理", rows))["Location"]
    page = office.get(where).content.decode()
    assert "什么都没有写入" in page, page
    office.post(where, {"deed": "take"})
    first, second = Case.objects.filter(external_id__startswith="GD-").order_by("external_id")
    assert (first.status, first.reopened, first.satisfied) == ("closed", False, True)
    assert (second.status, second.due_at) == ("open", None)


def test_the_roster_comes_back_as_it_went_out(signed_in: Browser) -> None:
    from hengjian.roster import exports
    from hengjian.roster.models import ImportBatch

    office, count = signed_in("office"), ImportBatch.objects.count()
    where = upload(office, "roster", exports.exported("xlsx"))["Location"]
    text = office.get(where).content.decode()
    assert "不变" in text
    assert ImportBatch.objects.count() == count
    office.post(where, {"deed": "drop"})
    assert "请重新上传" in office.get(where, follow=True).content.decode()


def test_events_are_judged_before_anybody_is_asked(signed_in: Browser) -> None:
    from hengjian.ratings.invitations.models import EventBatch, RefusedEvent

    office = signed_in("office")
    template = office.get("/imports/template/events/").content
    row = [
        "nowhere",
        "1",
        "service",
        "2026-01-01",
        organisation(),
        "D1",
        "P1",
        "",
        "email",
        "me@example.org",
        "",
        "",
    ]
    before = EventBatch.objects.count(), RefusedEvent.objects.count()
    where = upload(office, "events", filled(template, "办事事项", [row]))["Location"]
    text = office.get(where).content.decode()
    assert "办事事项!" in text
    assert "me@example.org" not in text
    assert office.post(where, {"deed": "take"}).status_code == 422
    assert (EventBatch.objects.count(), RefusedEvent.objects.count()) == before


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("表.xlsx", b"MZ not a workbook"),
        ("表.xlsx", b""),
        ("表.exe", b"MZ"),
        ("表.xlsx", b"PK\x03\x04broken"),
    ],
)
def test_a_disguised_file_is_refused_with_words(signed_in: Browser, name: str, data: bytes) -> None:
    office = signed_in("office")
    answer = upload(office, "metric", data, name)
    if answer.status_code == 302:
        answer = office.get(answer["Location"])
        assert "确认导入" not in answer.content.decode()
        assert 'role="alert"' in answer.content.decode()
    else:
        assert answer.status_code == 422


def test_an_upload_is_seen_only_by_whoever_brought_it(signed_in: Browser) -> None:
    office, other = signed_in("office"), signed_in("office")
    where = upload(office, "metric", metrics(office, 1))["Location"]
    assert other.get(where).status_code == 302
    assert other.post(where, {"deed": "take"}).status_code == 302
    assert signed_in("leader").get(where).status_code == 403
    assert office.get(where).status_code == 200


def map_of(code: str, ring: list[list[float]]) -> bytes:
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"code": code, "name": "某地"}, "geometry": shape}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def test_a_map_is_told_before_it_is_taken_and_then_drawn(signed_in: Browser) -> None:
    from hengjian.roster import outlines

    office, before = signed_in("office"), outlines.newest()
    template = office.get("/imports/template/outlines/")
    assert template["Content-Disposition"].endswith('.geojson"')
    assert {one["geometry"] for one in json.loads(template.content)["features"]} == {None}
    square = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]
    answer = upload(office, "outlines", map_of("990103000000", square), "图.geojson")
    page = office.get(answer["Location"]).content.decode()
    assert "名册中有、图中没有：" in page
    assert "云岫镇" in page
    assert outlines.newest() == before
    office.post(answer["Location"], {"deed": "take"})
    drawn = outlines.newest()
    assert drawn is not None
    assert drawn != before
    assert drawn.shapes == {"990103": [[square]]}


@pytest.mark.parametrize(
    "data",
    [
        map_of("110101", [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]),
        map_of("990103", [[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]),
        b"PK\x03\x04 not a map",
    ],
    ids=["strange", "broken", "disguised"],
)
def test_a_map_that_fits_nothing_is_not_taken(signed_in: Browser, data: bytes) -> None:
    from hengjian.roster import outlines

    office, before = signed_in("office"), outlines.newest()
    answer = upload(office, "outlines", data, "图.geojson")
    assert office.post(answer["Location"], {"deed": "take"}).status_code == 422
    assert outlines.newest() == before
