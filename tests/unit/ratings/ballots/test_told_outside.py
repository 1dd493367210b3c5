"""Platforms hear that some public marks came out, once a night: never how many, of whom, of what."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from hengjian.exchange.models import Happening
from hengjian.exchange.signing import body_of
from hengjian.ratings.ballots.jobs import nightly
from hengjian.ratings.ballots.models import Release
from hengjian.ratings.ballots.rules import Rules
from tests.unit.exchange.conftest import accounts, subscribe
from tests.unit.ratings.ballots.test_releases import START, at, key_of, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def quick(rules: Rules) -> Rules:
    """Neither days for which a ballot is held nor a delay: a night after thirty has its release."""
    return replace(rules, hold=0, delay=0)


@pytest.fixture
def subscribed(tmp_path: Any) -> None:
    from hengjian.ratings.invitations.secrets_file import room_secret

    made = {"url": "https://platform.example/", "sealer": room_secret(tmp_path)}
    holder, security = accounts()
    subscribe(holder, security, made["sealer"], str(made["url"]), "marks.released")


def night(day: date, rules: Rules) -> datetime:
    nightly(at(day), rules)
    return at(day)


def test_one_release_or_five_is_told_in_the_same_words(subscribed: None, quick: Rules) -> None:
    put(key_of("G1"), 29, START)
    night(START + timedelta(days=1), quick)
    assert not Happening.objects.exists()  # twenty-nine came, none came out
    put(key_of("G2"), 30, START + timedelta(days=1), mark=2)
    first = night(START + timedelta(days=2), quick)
    assert Release.objects.count() == 1
    for n in range(3, 8):
        put(key_of(f"G{n}"), 40 + n, START + timedelta(days=2))
    second = night(START + timedelta(days=3), quick)
    assert Release.objects.count() == 6
    told = list(Happening.objects.order_by("at"))
    assert [(one.kind, one.subject, one.at) for one in told] == [
        ("marks.released", "", first), ("marks.released", "", second)
    ]  # fmt: skip
    said = [body_of(one).replace(one.pk.hex.encode(), b"") for one in told]
    assert said[0].replace(b"2026-01-03", b"2026-01-04") == said[1]


def test_a_night_without_a_release_tells_nothing(subscribed: None, quick: Rules) -> None:
    night(START, quick)
    put(key_of("G1"), 30, START)
    waiting = replace(quick, least=31)
    night(START + timedelta(days=1), waiting)
    assert not Happening.objects.exists()
