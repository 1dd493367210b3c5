"""The interface for systems of record over HTTP: keys, shapes, repeats, limits; and no request breaks it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hengjian.ratings.invitations.models import EventBatch, Invitation, SystemKey, SystemReceipt

WHERE = "/api/v1/events"


@pytest.fixture(scope="module")
def keys() -> list:
    from hengjian.proof.blind_keys import SecretKey

    return [SecretKey.generated(bits=2048) for _ in range(2)]


@pytest.fixture
def key(db: None, monkeypatch, tmp_path, settings, keys) -> str:
    """Two officials on their posts, one registered system, its key."""
    from hengjian.console.api import events
    from hengjian.ratings.invitations.operations import Office
    from hengjian.ratings.invitations.secrets_file import room_secret
    from hengjian.ratings.invitations.systems import NewSystem, new_key, register
    from tests import sample_day

    sample_day.people()
    settings.DATA = tmp_path
    pool = iter(keys)
    monkeypatch.setattr(events, "Office", lambda *given: Office(*given, make_key=lambda: next(pool)))
    now = timezone.now()
    office = Office("t", now, events.policy_files(), room_secret(tmp_path), frozenset())
    register(NewSystem("approvals", "审批系统", (), ("approval", "village_visit")), office)
    return new_key("approvals", "t", now)


def event(number: int = 1, **changed: Any) -> dict[str, Any]:
    day = timezone.localdate() - timedelta(days=1)
    return {
        "external": f"A-{number}", "kind": "approval", "on": day.isoformat(), "organisation": "330100",
        "official": "G1", "post": "S1", "channel": "email", "address": f"p{number}@example.test",
    } | changed  # fmt: skip


def send(key: str, *events: Any, once: str = "delivery-1", **more: Any):
    body = more.pop("body", None) or json.dumps({"events": list(events)})
    given = {"content_type": "application/json", "HTTP_AUTHORIZATION": f"Bearer {key}"} | more
    if once:
        given["HTTP_IDEMPOTENCY_KEY"] = once
    return Client().post(WHERE, body, **given)


def codes(answer) -> set[str]:
    return {one["code"] for one in answer.json()["errors"]}


def test_events_become_invitations_once(key: str) -> None:
    first = send(key, event(1), event(2, official="G999"))
    assert first.status_code == 200, first.content
    found = first.json()
    assert (found["read"], found["admitted"], found["refused"]) == (2, 1, 1)
    assert [(one["row"], one["code"]) for one in found["report"]] == [(2, "events.tenure")]
    again = send(key, event(1), event(2, official="G999"))
    assert (again.json(), again["Idempotent-Replay"]) == (found, "true")
    assert Invitation.objects.count() == 1
    other = send(key, event(3))
    assert (other.status_code, codes(other)) == (409, {"systems.idempotency"})


def test_without_a_living_key_nobody_gets_in(key: str) -> None:
    from hengjian.ratings.invitations.systems import revoke

    assert send("hjs_wrong", event()).status_code == 401
    assert Client().post(WHERE, "{}", content_type="application/json").status_code == 401
    revoke(SystemKey.objects.get(), "遗失", "t", timezone.now())
    assert send(key, event()).status_code == 401
    assert not EventBatch.objects.exists()


def test_a_wrong_shape_is_refused_whole_cell_by_cell_without_its_values(key: str) -> None:
    secret = "13812345678\u0000"
    wrong = event(2, on="2026-02-30", channel="pigeon", address=secret, more="x")
    del wrong["post"]
    answer = send(key, event(1), wrong)
    assert answer.status_code == 422
    places = {one["where"] for one in answer.json()["errors"]}
    assert places == {f"body.events.1.{name}" for name in ("on", "channel", "address", "more", "post")}
    assert "13812345678" not in answer.content.decode()
    assert not EventBatch.objects.exists()


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"body": "{"}, 400),
        ({"body": "[" * 100_000}, 400),
        ({"body": b"\xff\xfe"}, 400),
        ({"body": '{"events": []}'}, 422),
        ({"body": '{"events": [{"external": "\\ud800"}]}'}, 422),
        ({"once": ""}, 422),
        ({"once": "short"}, 422),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "multipart/form-data; boundary=x"}, 415),
        ({"CONTENT_LENGTH": str(3 * 1024**2)}, 413),
    ],
)
def test_every_bad_request_ends_in_4xx_with_nothing_stored(key: str, given, status: int) -> None:
    answer = send(key, event(), **given)
    assert answer.status_code == status, answer.content
    assert answer.json()["errors"]
    assert not EventBatch.objects.exists()


def test_too_many_events_or_requests(key: str, monkeypatch) -> None:
    from hengjian.console.api import events, guard

    assert send(key, *[event(n) for n in range(2_001)]).status_code == 422
    monkeypatch.setattr(events.api.auth[0], "window", guard.Window(3))  # one of which has gone
    assert [send(key, event(), once=f"delivery-{n}").status_code for n in range(3)] == [200, 200, 429]
    assert send(key, event(), once="delivery-9")["Retry-After"] == "60"


def test_the_body_cannot_name_another_source(key: str) -> None:
    assert send(key, event(source="visits")).status_code == 422
    send(key, event())
    assert SystemReceipt.objects.get().system == "approvals"


def test_an_official_alone_can_bring_in_no_visit(key: str) -> None:
    answer = send(
        key,
        event(1, kind="village_visit"),
        event(2, kind="village_visit", confirmed_by="G1"),
        event(3, kind="village_visit", confirmed_by="云岫村委会"),
    ).json()
    assert [one["row"] for one in answer["report"]] == [1, 2]
    assert answer["admitted"] == 1


def test_the_document_names_every_field_and_loads_nothing(client: Client) -> None:
    found = client.get("/api/v1/openapi.json").json()
    fields = found["components"]["schemas"]["EventIn"]["properties"]
    assert set(fields) == {
        "external", "kind", "on", "organisation", "official", "post", "channel", "address", "reference",
        "person", "confirmed_by",
    }  # fmt: skip
    assert client.get("/api/v1/docs").status_code == 404


def test_schemathesis_finds_no_server_error(key: str, monkeypatch) -> None:
    import schemathesis
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.strategies import one_of

    from hengjian.config.wsgi import application
    from hengjian.console.api import events, guard

    monkeypatch.setattr(events.api.auth[0], "window", guard.Window(10**9))
    schema = schemathesis.openapi.from_dict(events.api.get_openapi_schema(path_prefix="/api/v1/"))
    seen: set[int] = set()

    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    operation = schema["/api/v1/events"]["POST"]

    @given(case=one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes)))
    @settings(max_examples=150, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    def _fuzz(case) -> None:
        case.headers["Authorization"] = f"Bearer {key}"
        answer = case.call(app=application, base_url="http://localhost")
        seen.add(answer.status_code)
        assert answer.status_code < 500, answer.text

    for signal in (request_started, request_finished):  # the test's own connection stays
        signal.disconnect(close_old_connections)
    try:
        _fuzz()
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
    assert {200, 422} <= seen
