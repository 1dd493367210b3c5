"""What a key hands in: rows of its feeds and the roster, through the doors that pages and commands use."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from console.conftest import NOW, PASSWORD
from hengjian.evidence.models import Batch, Metric, Quarantined
from hengjian.exchange.models import AccessKey, KeyReceipt
from hengjian.roster.models import ImportBatch, Official, Organisation

FEED = """\
feed: statistics
name: 统计月报
kind: metric
on_change: supersede
columns:
  organisation: 单位代码
  metric: 指标
  period: 期间
  value: 数值
  unit: 计量单位
ignored: [备注]
"""
FORBIDDEN = {"stranger": "13812345678", "nul": "a\u0000b"}


@pytest.fixture
def security(people: Any) -> Any:
    from hengjian.access import operations
    from hengjian.access.roles import Role

    user = operations.create_user("security", "安全管理员甲", now=NOW, password=PASSWORD)
    operations.grant(user, Role.SECURITY, on=date(2026, 1, 1), by=None, reason="测试")
    return user


@pytest.fixture
def towns(city: str) -> list[Organisation]:
    """Two townships of different counties."""
    rows = list(Organisation.objects.filter(level="township", until=None).order_by("code"))
    other = next(one for one in rows if one.path.split("/")[2] != rows[0].path.split("/")[2])
    return [rows[0], other]


def row(town: Organisation, value: str = "7.5", **more: str) -> dict[str, str]:
    said = {"单位代码": town.code, "指标": "tea_output", "期间": "2026-H1", "数值": value, "计量单位": "吨"}
    return said | more


@pytest.fixture
def declared(people: Any, towns: list[Organisation]) -> None:
    """The office has imported a file of this feed before."""
    from hengjian.evidence.feeds.folder import feed_from_text
    from hengjian.evidence.operations import Rules, hand_over
    from hengjian.terms.calendar import WorkCalendar

    rows = [row(towns[0], 期间="2025-H1")]
    feed, rules = feed_from_text(FEED, "statistics"), Rules(WorkCalendar(), {})
    hand_over(feed, rows, "in.csv", by="office", now=timezone.now(), rules=rules)


def given(account: Any, security: Any, **more: Any) -> str:
    from hengjian.exchange.operations import Wanted, approve, draw

    now = timezone.now()
    said = {"title": "统计平台", "parts": ("feeds",), "purpose": "verify", "feeds": ("statistics",),
            "until": now.date() + timedelta(90)}  # fmt: skip
    key = approve(account, Wanted(**(said | more)), by=security, now=now)
    return draw(key, by=account, now=now)


def post(secret: str, path: str, body: Any, once: str = "delivery-1", **more: Any) -> Any:
    sent = {"content_type": "application/json", "HTTP_AUTHORIZATION": f"Bearer {secret}"} | more
    if once:
        sent["HTTP_IDEMPOTENCY_KEY"] = once
    return Client().post(
        f"/api/v1{path}", body if isinstance(body, str | bytes) else json.dumps(body), **sent
    )


def rows_in(secret: str, *rows: Any, feed: str = "statistics", **more: Any) -> Any:
    return post(secret, f"/feeds/{feed}/rows", {"rows": rows}, **more)


def codes(answer: Any) -> set[str]:
    return {one["code"] for one in answer.json()["errors"]}


def test_good_rows_come_in_and_bad_ones_wait_with_their_reasons(people, security, declared, towns) -> None:
    secret = given(people["office"], security)
    answer = rows_in(secret, row(towns[0]), row(towns[1], "七"), row(towns[1], "8", 单位代码="NOWHERE"))
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert (said["read"], said["admitted"], said["refused"]) == (3, 1, 2)
    assert [(one["row"], one["column"], one["code"]) for one in said["report"]] == [
        (2, "数值", "not_a_number"), (3, "单位代码", "organisation_unknown")
    ]  # fmt: skip
    assert "NOWHERE" not in answer.content.decode()
    assert "七" not in json.dumps([one["what"] for one in said["report"]], ensure_ascii=False)
    kept = Metric.objects.get(organisation=towns[0], metric="tea_output", period="2026-H1")
    assert str(kept.value).startswith("7.5")
    batch = Batch.objects.get(pk=said["batch"])
    assert (batch.by, batch.source_name) == ("office", f"api:{AccessKey.objects.get().pk}")
    assert Quarantined.objects.filter(batch=batch).count() == 2


def test_sent_again_it_is_answered_again_and_nothing_is_done_twice(people, security, declared, towns) -> None:
    secret = given(people["office"], security)
    first = rows_in(secret, row(towns[0]), row(towns[1], "x"))
    before = (Batch.objects.count(), Metric.objects.count(), Quarantined.objects.count())
    again = rows_in(secret, row(towns[0]), row(towns[1], "x"))
    assert (again.json(), again["Idempotent-Replay"]) == (first.json(), "true")
    assert "Idempotent-Replay" not in first
    assert (Batch.objects.count(), Metric.objects.count(), Quarantined.objects.count()) == before
    other = rows_in(secret, row(towns[0], "9"))
    assert (other.status_code, codes(other)) == (409, {"exchange.idempotency"})
    known = rows_in(secret, row(towns[0]), once="delivery-2").json()
    assert (known["admitted"], known["known"]) == (0, 1)


def test_another_column_refuses_the_whole_delivery_and_nothing_is_half_written(
    people, security, declared, towns
) -> None:
    secret = given(people["office"], security)
    before = Batch.objects.count()
    answer = rows_in(secret, row(towns[0]), row(towns[1], 联系电话=FORBIDDEN["stranger"]))
    assert (answer.status_code, codes(answer)) == (422, {"file.header"})
    assert FORBIDDEN["stranger"] not in answer.content.decode()
    assert Batch.objects.count() == before
    assert not KeyReceipt.objects.exists()
    taken = rows_in(secret, row(towns[0], 备注=FORBIDDEN["stranger"]))  # the same number may be tried again
    assert taken.status_code == 200
    assert FORBIDDEN["stranger"] not in str(list(Quarantined.objects.values())) + str(Batch.objects.values())


def test_a_key_hands_in_its_feeds_and_no_other(people, security, declared, towns) -> None:
    secret = given(people["office"], security)
    refused = rows_in(secret, row(towns[0]), feed="hotline")
    assert (refused.status_code, codes(refused)) == (403, {"exchange.scope"})
    unknown = given(people["office"], security, feeds=("petitions",))
    gone = rows_in(unknown, row(towns[0]), feed="petitions")
    assert (gone.status_code, codes(gone)) == (404, {"feeds.unknown"})
    reads = given(people["office"], security, parts=("policies",), feeds=())
    assert rows_in(reads, row(towns[0])).status_code == 403
    without = given(people["auditor"], security)  # a key of an account that hands nothing in
    assert rows_in(without, row(towns[0])).status_code == 403


def test_a_row_about_a_unit_outside_waits(people, security, declared, towns) -> None:
    county = "/".join(towns[0].path.strip("/").split("/")[:2])
    secret = given(people["office"], security, organisation=county)
    said = rows_in(secret, row(towns[0]), row(towns[1])).json()
    assert (said["admitted"], said["refused"]) == (1, 1)
    assert [(one["row"], one["code"]) for one in said["report"]] == [(2, "organisation_outside")]
    assert not Metric.objects.filter(organisation=towns[1], metric="tea_output").exists()


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"body": "{"}, 400),
        ({"body": b"\xff\xfe"}, 400),
        ({"body": '{"rows": []}'}, 422),
        ({"body": '{"rows": [{}]}'}, 422),
        ({"body": '{"rows": [{"数值": 7.5}]}'}, 422),
        ({"body": '{"rows": [{"数值": {"a": 1}}]}'}, 422),
        ({"body": '{"rows": [{"数值": "a\\u0000b"}]}'}, 422),
        ({"body": '{"rows": [{"\\ud800": "x"}]}'}, 422),
        ({"body": '{"rows": [{"数值": "x"}], "by": "leader"}'}, 422),
        ({"once": ""}, 422),
        ({"once": "short"}, 422),
        ({"content_type": "text/csv"}, 415),
        ({"CONTENT_LENGTH": str(3 * 1024**2)}, 413),
    ],
)
def test_every_bad_request_ends_in_4xx_with_nothing_stored(
    people, security, declared, towns, more, status
) -> None:
    secret, before = given(people["office"], security), Batch.objects.count()
    body = more.pop("body", {"rows": [row(towns[0])]})
    answer = post(secret, "/feeds/statistics/rows", body, **more)
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert Batch.objects.count() == before


def test_too_many_rows(people, security, declared, towns) -> None:
    secret = given(people["office"], security)
    assert rows_in(secret, *[row(towns[0])] * 2_001).status_code == 422


def official(code: str, name: str) -> dict[str, str]:
    return {"code": code, "name": name}


def test_the_roster_is_imported_whole_once_or_not_at_all(people, security, city) -> None:
    secret = given(people["office"], security, parts=("roster_in",), feeds=())
    before = ImportBatch.objects.count()
    body = {"official": [official("N9001", "新来甲"), official("N9002", "")], "organisation": []}
    refused = post(secret, "/roster", body)
    assert refused.status_code == 422
    assert [one["where"] for one in refused.json()["errors"]], refused.content
    assert (ImportBatch.objects.count(), Official.objects.filter(code__startswith="N900").count()) == (
        before,
        0,
    )
    sound = {"official": [official("N9001", "新来甲"), official("N9002", "新来乙")]}
    tried = post(secret, "/roster?check=true", sound)
    assert (tried.status_code, tried.json()["batch"]) == (200, None)
    assert tried.json()["counts"]["official"] == {"new": 2, "changed": 0, "same": 0}
    assert ImportBatch.objects.count() == before
    taken = post(secret, "/roster", sound)
    assert taken.status_code == 200, taken.content
    again = post(secret, "/roster", sound)
    assert (again.json(), again["Idempotent-Replay"]) == (taken.json(), "true")
    assert ImportBatch.objects.count() == before + 1
    batch = ImportBatch.objects.get(pk=taken.json()["batch"])
    assert batch.by == "office"
    assert Official.objects.filter(code__startswith="N900").count() == 2
    assert "新来" not in str(list(KeyReceipt.objects.values()))


def test_refused_cells_of_the_roster_do_not_repeat_their_values(people, security, city) -> None:
    secret = given(people["office"], security, parts=("roster_in",), feeds=())
    wrong = {"tenure": [{"official": "张某某", "post": "S1", "since": "不是日期某某"}]}
    answer = post(secret, "/roster", wrong)
    assert answer.status_code == 422
    assert "某某" not in answer.content.decode()
    strange = {"official": [{"code": "N1", "name": "甲", "phone": "13812345678"}]}
    answer = post(secret, "/roster", strange)
    assert (answer.status_code, codes(answer)) == (422, {"roster.field"})
    assert "13812345678" not in answer.content.decode()
    assert codes(post(secret, "/roster", {})) == {"roster.empty"}


def test_only_a_key_for_the_whole_city_imports_the_roster(people, security, towns) -> None:
    sound = {"official": [official("N9001", "新来甲")]}
    county = "/".join(towns[0].path.strip("/").split("/")[:2])
    narrow = given(people["office"], security, parts=("roster_in",), feeds=(), organisation=county)
    reader = given(people["auditor"], security, parts=("roster_in",), feeds=())
    for secret in (narrow, reader):
        assert post(secret, "/roster", sound).status_code == 403
    assert not Official.objects.filter(code="N9001").exists()


def test_keys_for_feeds_name_them(people, security) -> None:
    from hengjian.exchange.operations import Wanted, approve
    from hengjian.terms.errors import Refused

    now = timezone.now()
    for parts, feeds in ((("feeds",), ()), (("log",), ("statistics",)), (("feeds",), ("a b",))):
        wanted = Wanted("x", parts, "verify", now.date() + timedelta(30), feeds=feeds)
        with pytest.raises(Refused):
            approve(people["office"], wanted, by=security, now=now)
    said = {"account": people["office"], "title": "x", "purpose": "verify", "until": NOW.date(),
            "by": security, "at": NOW}  # fmt: skip
    for parts, named in ((["feeds"], []), (["log"], ["a"])):
        with pytest.raises(IntegrityError, match="accesskey_feeds_named"), transaction.atomic():
            AccessKey.objects.create(**said, parts=parts, feeds=named)
    key = AccessKey.objects.create(**said, parts=["feeds"], feeds=["a"])
    sound = {"key": key, "content": "0" * 64, "answer": {}, "at": NOW}
    for wrong in ({"idempotency": ""}, {"idempotency": "a", "content": "x"}):
        with pytest.raises(IntegrityError, match="keyreceipt_names_content"), transaction.atomic():
            KeyReceipt.objects.create(**(sound | wrong))
    KeyReceipt.objects.create(**sound, idempotency="a")
    with pytest.raises(IntegrityError, match="keyreceipt_once"), transaction.atomic():
        KeyReceipt.objects.create(**sound, idempotency="a")


def test_the_page_offers_the_feeds_that_are_declared(people, security, declared) -> None:
    admin = Client()
    admin.force_login(security)
    said = {"account": "office", "title": "统计", "parts": ["feeds"], "purpose": "verify",
            "until": (timezone.localdate() + timedelta(30)).isoformat()}  # fmt: skip
    assert "statistics" in admin.get("/keys/").content.decode()
    assert admin.post("/keys/", said).status_code == 422
    assert admin.post("/keys/", said | {"feeds": ["statistics"]}).status_code == 302
    assert AccessKey.objects.get().feeds == ["statistics"]


def test_schemathesis_finds_no_server_error_in_any_write(
    people, security, declared, city, monkeypatch
) -> None:
    import schemathesis
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis import given as over
    from hypothesis.strategies import one_of

    from hengjian.config.wsgi import application
    from hengjian.console.api import guard
    from hengjian.console.api.site import document

    monkeypatch.setattr(guard, "KEYS", guard.Window(10**9))
    secret = given(people["office"], security, parts=("feeds", "roster_in"))
    schema = schemathesis.openapi.from_dict(document())
    paths = ("/api/v1/feeds/{feed}/rows", "/api/v1/roster")
    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    seen: dict[str, set[int]] = {}

    @over(
        case=one_of(*(schema[path]["POST"].as_strategy(generation_mode=m) for path in paths for m in modes))
    )
    @settings(max_examples=120, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    def fuzz(case: Any) -> None:
        case.headers["Authorization"] = f"Bearer {secret}"
        if len(str(case.path_parameters.get("feed", ""))) % 2:
            case.path_parameters["feed"] = "statistics"
        answer = case.call(app=application, base_url="http://localhost")
        seen.setdefault(case.operation.path, set()).add(answer.status_code)
        assert answer.status_code < 500, answer.text

    for signal in (request_started, request_finished):  # the test's own connection stays
        signal.disconnect(close_old_connections)
    try:
        fuzz()
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
    assert set(seen) == {path.removeprefix("/api/v1") for path in paths} or set(seen) == set(paths)
    assert 422 in set.union(*seen.values())


STRANGE = (
    "", " ", "0", "-0", "1e999", "1e-999", "9" * 400, "NaN", "Infinity", "0x10", "١٢", "１２", "2026",
    "2026-H3", "9999-H2", "0000-H1", "0000-00-00", "9999-12-31", "2026-02-30", "0001-01-01T00:00:00",
    "9999-12-31T23:59:59+14:00", "至今", "true", "=1+1", "\u202e", "e\u0301", "\ufeff", "../../etc",
    "{column}", "0001-01-01 00:00", "9999-12-31 23:59", "1900-01-01 00:00", "办理中",
    "'; DROP TABLE x;--", "{0}", "%s", "一" * 2_000, "tea_output", "吨", "2026-H1", "closed", "open",
)  # fmt: skip


def test_no_cell_of_a_known_column_ends_in_a_server_error(people, security, declared, towns) -> None:
    """Sound rows with one or two cells spoilt, so that every check behind the form is reached."""
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis import given as over
    from hypothesis import strategies as st

    from hengjian.console.api import guard

    secret = given(people["office"], security, parts=("feeds", "roster_in"), feeds=("statistics", "hotline"))
    case = {"工单号": "C1", "承办单位代码": towns[0].code, "状态": "已办结", "受理时间": "2026-05-01 09:00",
            "办结时间": "2026-05-02 09:00", "诉求类型": "咨询",
            "是否重复反映": "否", "回访": "满意"}  # fmt: skip
    post_row = {"code": "P9", "title": "镇长", "organisation": towns[0].code, "category": "principal",
                "level": "township", "rank": "", "public_facing": "是", "single_holder": "是",
                "since": "2026-01-01", "until": ""}  # fmt: skip
    tenure = {"official": "N9", "post": "P9", "since": "2026-01-01", "until": "", "opening_debt_ratio": "1"}
    sound = {
        "/feeds/statistics/rows": ("rows", row(towns[0])), "/feeds/hotline/rows": ("rows", case),
        "/roster": ("official", {"code": "N9", "name": "新来", "sort_key": ""}),
        "/roster?": ("post", post_row),
        "/roster?check=true": ("tenure", tenure),
    }  # fmt: skip
    cell = st.one_of(st.sampled_from(STRANGE), st.text(max_size=20))
    seen: dict[str, set[int]] = {}
    number = iter(range(10**6))

    @over(path=st.sampled_from(sorted(sound)), data=st.data())
    @settings(max_examples=250, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    def fuzz(path: str, data: Any) -> None:
        name, whole = sound[path]
        spoilt = whole | data.draw(st.dictionaries(st.sampled_from(sorted(whole)), cell, max_size=2))
        answer = post(secret, path, {name: [spoilt]}, once=f"delivery-{next(number)}")
        seen.setdefault(path, set()).add(answer.status_code)
        assert answer.status_code < 500, answer.content

    guard.KEYS, kept = guard.Window(10**9), guard.KEYS
    try:
        fuzz()
    finally:
        guard.KEYS = kept
    assert {200} <= seen["/feeds/statistics/rows"] & seen["/feeds/hotline/rows"] & seen["/roster"], seen
