"""Watchers' addresses: without a session, without a person, without a live count of marks."""

import re
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

TOKEN = "a token for watchers only"
pytestmark = pytest.mark.django_db


def metrics(client, token: str = TOKEN):
    return client.get("/metrics", headers={"authorization": f"Bearer {token}"})


def test_alive_and_ready(client) -> None:
    for path, said in (("/healthz", "ok\n"), ("/readyz", "ready\n")):
        answer = client.get(path)
        assert (answer.status_code, answer.content.decode()) == (200, said)
        assert not answer.cookies
        assert client.post(path).status_code == 405


def test_not_ready_while_migrations_are_missing(client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'clockwork'")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"migrations\n")
    assert client.get("/healthz").status_code == 200


def test_not_ready_without_the_database_and_no_word_of_why(client, monkeypatch, settings) -> None:
    def away(_link):
        raise OperationalError("password authentication failed for user hengjian at 10.0.0.7")

    monkeypatch.setattr("hengjian.console.health.missing_steps", away)
    monkeypatch.setattr(connection, "close", lambda: None)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"database\n")
    settings.METRICS_TOKEN = TOKEN
    assert b"hengjian_ready 0.0" in metrics(client).content


def test_metrics_need_their_token(client, settings) -> None:
    settings.METRICS_TOKEN = ""
    assert metrics(client, "").status_code == 404
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics").status_code == 401
    assert metrics(client, "another").status_code == 401
    assert metrics(client).status_code == 200


def test_metrics_say_how_duties_go_and_nothing_that_counts_what_people_did(client, settings) -> None:
    from hengjian.clockwork.models import Outcome
    from hengjian.clockwork.operations import begin, end
    from hengjian.notary.models import Head

    settings.METRICS_TOKEN = TOKEN
    moment = timezone.now() - timedelta(minutes=5)
    end(begin("deliver", "w", moment), Outcome.DONE, timezone.now(), {"sent": 4711})
    Head.objects.create(size=987654, root=b"r" * 32, at=moment)
    said = metrics(client).content.decode()
    names = {re.split(r"[ {]", line)[0] for line in said.splitlines() if not line.startswith("#")}
    assert names == {
        "hengjian_disk_free_bytes", "hengjian_ready", "hengjian_duty_age_seconds", "hengjian_duty_failures",
        "hengjian_log_head_age_seconds", "hengjian_log_alarms",
    }  # fmt: skip
    assert "4711" not in said
    assert "987654" not in said
    assert re.search(r'duty_age_seconds\{duty="deliver"\} 3\d\d\.', said)
