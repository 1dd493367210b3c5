"""Keys of the interface: approved by one, drawn by another; what they open, what they leave on the trail."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from console.conftest import BEFORE, NOW, PASSWORD, SEED
from hengjian.access.models import Ticket
from hengjian.exchange.models import AccessKey, KeySecret, KeyUse, Part

ALL = tuple(one for one in Part.values if one not in {"feeds", "roster_in"})


@pytest.fixture
def security(people: Any) -> Any:
    from hengjian.access import operations
    from hengjian.access.roles import Role

    user = operations.create_user("security", "安全管理员甲", now=NOW, password=PASSWORD)
    operations.grant(user, Role.SECURITY, on=date(2026, 1, 1), by=None, reason="测试")
    return user


def given(account: Any, security: Any, **more: Any) -> str:
    from hengjian.exchange.operations import Wanted, approve, draw

    now = timezone.now()
    said = {"title": "市大数据平台", "parts": ALL, "purpose": "verify", "until": now.date() + timedelta(90)}
    key = approve(account, Wanted(**(said | more)), by=security, now=now)
    return draw(key, by=account, now=now)


def get(secret: str, path: str, **more: Any) -> Any:
    return Client().get(f"/api/v1{path}", HTTP_AUTHORIZATION=f"Bearer {secret}", **more)


def test_every_read_answers_and_persons_leave_a_ticket_with_the_keys_purpose(people, security, city) -> None:
    secret = given(people["auditor"], security)
    key = AccessKey.objects.get()
    for path in ("/cycles", f"/cycles/{SEED}", f"/cycles/{SEED}/groups", "/policies", "/policies/seed",
                 "/quarantine", "/log/heads", f"/cycles/{SEED}/proof"):  # fmt: skip
        answer = get(secret, path)
        assert answer.status_code == 200, (path, answer.content)
    assert not Ticket.objects.exists()
    ranking = get(secret, f"/cycles/{SEED}/ranking?size=5").json()
    assert len(ranking["rows"]) == 5
    look = Ticket.objects.get(code=ranking["ticket"])
    assert (look.purpose, look.note, look.viewer) == ("verify", "市大数据平台", people["auditor"])
    assert set(look.officials) == {row["person"]["official"] for row in ranking["rows"]}
    # an auditor without a clear ticket sees a number and nothing else
    assert {tuple(row["person"][name] for name in ("name", "title", "organisation", "since"))
            for row in ranking["rows"]} == {("", "", "", None)}  # fmt: skip
    sheet = get(secret, f"/cycles/{SEED}/seats/{city}")
    assert sheet.json()["lines"], sheet.content
    seats = get(secret, "/seats?on=2026-06-30&size=3").json()
    assert len(seats["rows"]) == 3
    assert {row["post"] for row in seats["rows"]} == {""}
    assert Ticket.objects.count() == 3
    assert get(secret, f"/cycles/{SEED}/seats/{city}/workings").status_code == 403
    assert KeyUse.objects.get().key == key


def test_workings_only_for_a_key_that_may_show_names(people, security, city) -> None:
    secret = given(people["office"], security, names=True)
    answer = get(secret, f"/cycles/{SEED}/seats/{city}/workings")
    assert answer.status_code == 200
    assert answer.json()["children"]


def test_a_key_opens_its_parts_and_no_more(people, security) -> None:
    secret = given(people["office"], security, parts=("policies",))
    assert get(secret, "/policies").status_code == 200
    refused = get(secret, "/cycles")
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    assert refused.json()["errors"][0]["code"] == "exchange.scope"


def test_a_key_opens_no_more_than_its_account(people, security, city) -> None:
    secret = given(people["followup"], security)
    assert get(secret, "/cycles").status_code == 403
    assert get(secret, f"/cycles/{SEED}/seats/{city}").status_code == 403


def test_a_key_for_one_county_reads_that_county(people, security, city) -> None:
    from hengjian.cycles import reach

    own = reach.path_of_seat(SEED, city)
    secret = given(people["office"], security, organisation=own)
    rows = get(secret, f"/cycles/{SEED}/ranking?size=200").json()["rows"]
    assert rows
    assert {reach.path_of_seat(SEED, row["seat"]) for row in rows} == {own}
    other = next(one.seat for one in _all(SEED) if reach.path_of_seat(SEED, one.seat) != own)
    assert get(secret, f"/cycles/{SEED}/seats/{other}").status_code == 403
    assert {row["person"]["organisation"] for row in get(secret, "/seats?on=2026-06-30").json()["rows"]} == {
        own.rsplit("/", maxsplit=1)[-1]
    }


def _all(cycle: str) -> Any:
    from hengjian.cycles import queries

    return queries.sheet(cycle).seats


def test_ended_expired_closed_and_foreign_keys_open_nothing(people, security) -> None:
    from hengjian.exchange.operations import end, key_of

    secret = given(people["office"], security)
    key, now = AccessKey.objects.get(), timezone.now()
    assert key_of(secret, now) == key
    with pytest.raises(Exception, match="密钥无效"):
        key_of(secret, now + timedelta(days=92))
    end(key, "停用平台", by=people["office"], now=now)
    answer = get(secret, "/cycles")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "exchange.key")
    assert get("hja_nothing", "/cycles").status_code == 401
    assert Client().get("/api/v1/cycles").status_code == 401
    again = given(people["office"], security)
    people["office"].is_active = False
    people["office"].save()
    assert get(again, "/cycles").status_code == 401


def test_two_people_and_no_secret_is_kept(people, security) -> None:
    from hengjian.exchange.operations import Wanted, approve, draw
    from hengjian.terms.errors import NotPermitted, Refused

    now = timezone.now()
    wanted = Wanted("平台", ("cycles",), "verify", now.date() + timedelta(30))
    with pytest.raises(NotPermitted):
        approve(people["auditor"], wanted, by=people["office"], now=now)
    with pytest.raises(Refused):
        approve(security, wanted, by=security, now=now)
    key = approve(people["office"], wanted, by=security, now=now)
    with pytest.raises(NotPermitted):
        draw(key, by=security, now=now)
    secret = draw(key, by=people["office"], now=now)
    with pytest.raises(Refused):
        draw(key, by=people["office"], now=now)
    kept = KeySecret.objects.get()
    assert secret.startswith(kept.prefix)
    assert secret not in str(vars(kept))


@pytest.mark.parametrize(
    "changed", [{"parts": ["everything"]}, {"purpose": "curiosity"}, {"title": ""}, {"purpose": "other"}]
)
def test_the_database_refuses_a_key_that_may_not_be(people, security, changed) -> None:
    said = {"account": people["office"], "title": "x", "parts": ["log"], "purpose": "verify",
            "until": NOW.date(), "by": security, "at": NOW}  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessKey.objects.create(**(said | changed))
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessKey.objects.create(**(said | {"by": people["office"]}))


def test_what_is_unchanged_is_answered_by_304_and_what_is_not_there_by_404(people, security) -> None:
    secret = given(people["office"], security)
    first = get(secret, "/policies/seed")
    again = get(secret, "/policies/seed", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert get(secret, "/policies/none").status_code == 404
    assert get(secret, "/cycles/none").status_code == 404
    assert get(secret, f"/cycles/{SEED}/seats/none").status_code == 404
    assert get(secret, f"/cycles/{BEFORE}/ranking?page=0").status_code == 422


def test_the_pages_approve_draw_once_and_end(people, security, signed_in) -> None:
    admin, holder = Client(), signed_in("auditor")
    admin.force_login(security)
    assert holder.get("/keys/").status_code == 403
    said = {"account": "auditor", "title": "平台", "parts": ["policies"], "purpose": "audit",
            "until": (timezone.localdate() + timedelta(30)).isoformat()}  # fmt: skip
    assert holder.post("/keys/", said).status_code == 403
    assert admin.post("/keys/", said | {"until": "明天"}).status_code == 422
    assert admin.post("/keys/", said).status_code == 302
    key = AccessKey.objects.get()
    assert "1 个接口密钥待领取" in holder.get("/").content.decode()
    page = holder.post("/keys/own/", {"key": key.pk})
    secret = page.context["secret"]
    assert "待领取" not in holder.get("/").content.decode()
    assert secret in page.content.decode()
    assert get(secret, "/policies").status_code == 200
    assert secret not in holder.get("/keys/own/").content.decode()
    listed = admin.get("/keys/").content.decode()
    assert secret not in listed
    assert KeySecret.objects.get().prefix in listed
    assert admin.post("/keys/", {"deed": "end", "key": key.pk, "reason": "平台停用"}).status_code == 302
    assert get(secret, "/policies").status_code == 401


def test_schemathesis_finds_no_server_error_in_any_read(people, security, city, monkeypatch) -> None:
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
    secret = given(people["office"], security, names=True)
    schema = schemathesis.openapi.from_dict(document())
    reads = [found.ok() for found in schema.get_all_operations() if found.ok().method == "get"]
    assert len(reads) >= 12
    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    known = {"cycle": SEED, "seat": city, "policy": "seed"}
    seen: dict[str, set[int]] = {}

    @over(case=one_of(*(one.as_strategy(generation_mode=mode) for one in reads for mode in modes)))
    @settings(max_examples=120, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    def fuzz(case: Any) -> None:
        case.headers["Authorization"] = f"Bearer {secret}"
        for name in set(case.path_parameters) & set(known):  # what exists is reached, the rest is strange
            if len(str(case.path_parameters[name])) % 2:
                case.path_parameters[name] = known[name]
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
    assert set.union(*seen.values()) >= {200, 404, 422}


def test_releases_tell_what_the_page_shows_and_nothing_live(people, security, city) -> None:
    from hengjian.console import public_ratings
    from hengjian.ratings.ballots.models import Release

    half = next(one for one in public_ratings.halves(timezone.localdate()) if one.text == "2026-H1")
    shown = {(one.seat.official, one.seat.post): one.standing
             for one in public_ratings.results(half, timezone.now(), timezone.localdate(), "")}  # fmt: skip
    assert any(one.enough for one in shown.values())
    assert not all(one.enough for one in shown.values())
    secret = given(people["office"], security, names=True)
    rows: list[Any] = []
    page = get(secret, "/releases?half=2026-H1&size=100").json()
    for number in range(1, page["pages"] + 1):
        rows += get(secret, f"/releases?half=2026-H1&size=100&page={number}").json()["rows"]
    assert page["total"] == len(rows) == len(shown)
    by_official = {official: one for (official, _post), one in shown.items()}
    for row in rows:
        one = by_official[row["official"]]
        assert [row[name] for name in ("enough", "count", "mean", "points", "low", "high")] == [
            one.enough, one.count, one.mean, one.points, one.low, one.high
        ]  # fmt: skip
        assert row["levels"] == list(one.levels)
        assert set(row) == {"official", "title", "organisation", "enough", "count", "mean", "points", "low",
                            "high", "levels", "released_on"}  # fmt: skip
        if not one.enough:
            assert {row[name] for name in ("count", "mean", "points", "low", "high", "released_on")} == {None}
    look = Ticket.objects.get(code=page["ticket"])
    assert set(look.officials) == {row["official"] for row in rows[:100]}
    assert Release.objects.exists()


def test_releases_within_reach_and_masked(people, security, city) -> None:
    from hengjian.cycles import reach

    masked = given(people["auditor"], security)
    rows = get(masked, "/releases?half=2026-H1").json()["rows"]
    assert {(row["title"], row["organisation"]) for row in rows} == {("", "")}
    own = reach.path_of_seat(SEED, city)
    county = given(people["office"], security, organisation=own, names=True)
    inside = get(county, "/releases?half=2026-H1").json()["rows"]
    assert {row["organisation"] for row in inside} <= {own.rpartition("/")[2]}
    assert len(inside) < len(
        get(given(people["office"], security), "/releases?half=2026-H1&size=200").json()["rows"]
    )
    unknown = get(masked, "/releases?half=1999-H1")
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (404, "releases.no_half")
    assert get(given(people["followup"], security), "/releases").status_code == 403
    assert get(given(people["office"], security, parts=("cycles",)), "/releases").status_code == 403


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "9999-12-31", "2200-01-01"])
def test_no_day_ends_in_a_server_error(people, security, city, day) -> None:
    secret = given(people["office"], security, names=True)
    for path in ("/policies", "/policies/seed", "/seats"):
        assert get(secret, f"{path}?on={day}").status_code < 500, path
    assert get(secret, "/seats?page=100000&size=200").json()["rows"] == []
