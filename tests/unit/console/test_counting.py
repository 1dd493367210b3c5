"""An office behind one address signs in at once: nobody is refused for it, and guessing stays counted."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from allauth.core.internal import ratelimit
from django.db import connection
from django.test import Client, RequestFactory

from console.conftest import PASSWORD
from tests.own_database import empty_copy, own_database

LIMIT = {"app": "allauth.account", "action": "login_failed"}
AT_ONCE, TURNS = 20, 6


def _attempt(name: str) -> "ratelimit.RateLimitUsage | None":
    return ratelimit.consume(RequestFactory().post("/sign-in/"), **LIMIT, key=name)


def test_whoever_signs_in_at_the_same_moment_is_neither_refused_nor_left_counted(
    db: None,
) -> None:
    meet = Barrier(AT_ONCE)

    def person(number: int) -> list[bool]:
        passed = []
        try:
            for turn in range(TURNS):
                meet.wait(60)
                used = _attempt(f"{number}-{turn}")
                passed.append(used is not None)
                if used is not None:
                    used.rollback()  # as a right password does
        finally:
            connection.close()
        return passed

    with empty_copy("counting") as template, own_database(template, "counting"):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = [one for passed in pool.map(person, range(AT_ONCE)) for one in passed]
        assert answers == [True] * (AT_ONCE * TURNS)
        failures = [_attempt(f"guess-{n}") is not None for n in range(31)]
        assert failures == [True] * 30 + [False], (
            "no success may stay counted, the 31st guess is one too many"
        )


@pytest.mark.django_db
def test_guesses_at_many_accounts_from_one_address_are_stopped(people: object) -> None:
    client = Client(headers={"accept-language": "zh-CN"})
    for n in range(30):
        client.post("/sign-in/", {"username": f"name-{n}", "password": "wrong"})
    answer = client.post("/sign-in/", {"username": "office", "password": PASSWORD})
    assert "15 分钟后再试" in answer.content.decode()
