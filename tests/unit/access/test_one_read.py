"""Grants read once for a page that reads: one query, deny by default, nothing remembered too long."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory

from hengjian.access import permissions
from hengjian.access.models import User
from hengjian.access.operations import Scope, close_user, create_user, grant, revoke
from hengjian.access.queries import one_read
from hengjian.access.roles import Role
from hengjian.console.one_read import OneReadMiddleware

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
DAY = date(2026, 3, 1)
Queries = Callable[[int], Any]

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> User:
    user = create_user("duzhe", "读者", now=NOW)
    grant(user, Role.HEAD, on=DAY, by=None, reason="系统启用")
    return user


def _ask(user: User | AnonymousUser) -> list[bool]:
    return [
        permissions.can_read_results(user, DAY),
        permissions.can_review(user, DAY),
        permissions.can_read_own_sheet(user, "o1", DAY),
        permissions.can_look(user, DAY),
        permissions.can_manage_cycles(user, DAY),
        permissions.can_follow_up(user, DAY),
    ]


def test_all_questions_of_a_reading_page_take_one_query(
    reader: User, django_assert_num_queries: Queries
) -> None:
    with one_read(), django_assert_num_queries(1):
        assert _ask(reader) == [True, True, True, True, False, False]


def test_outside_nothing_is_remembered(reader: User, django_assert_num_queries: Queries) -> None:
    with one_read():
        _ask(reader)
    with django_assert_num_queries(2):
        permissions.can_review(reader, DAY)
        permissions.can_review(reader, DAY)


def test_who_holds_nothing_stays_denied(django_assert_num_queries: Queries) -> None:
    nobody = create_user("wuquan", "无权", now=NOW)
    with one_read(), django_assert_num_queries(1):
        assert not any(_ask(nobody))
    with one_read(), django_assert_num_queries(0):
        assert not any(_ask(AnonymousUser()))


def test_one_person_and_day_is_not_another(reader: User) -> None:
    nobody = create_user("wuquan", "无权", now=NOW)
    with one_read():
        assert permissions.can_review(reader, DAY)
        assert not permissions.can_review(nobody, DAY)
        assert not permissions.can_review(reader, date(2026, 2, 28))


def test_a_grant_its_end_and_a_closed_account_count_at_once(reader: User) -> None:
    security = create_user("anquan", "安全管理员", now=NOW)
    with one_read():
        assert not permissions.can_publish(reader, DAY)
        given = grant(reader, Role.OFFICE, on=DAY, by=security, reason="轮岗")
        assert permissions.can_publish(reader, DAY)
        revoke(given, on=DAY, by=security, reason="离岗")
        assert not permissions.can_publish(reader, DAY)
        assert permissions.can_review(reader, DAY)
        close_user(reader, now=NOW)
        assert not permissions.can_review(reader, DAY)


def test_a_scope_still_limits_what_was_read_once() -> None:
    county = create_user("quxian", "区县", now=NOW)
    grant(county, Role.HEAD, on=DAY, by=None, reason="系统启用", scope=Scope(organisation="city/a"))
    with one_read():
        assert permissions.can_read_results(county, DAY, "city/a/t")
        assert not permissions.can_read_results(county, DAY, "city/ab")
        assert not permissions.can_read_results(county, DAY)


@pytest.mark.parametrize(("method", "queries"), [("GET", 1), ("POST", 3)])
def test_a_deed_asks_anew(
    reader: User, method: str, queries: int, django_assert_num_queries: Queries
) -> None:
    def view(_request: object) -> HttpResponse:
        return HttpResponse(str([permissions.can_review(reader, DAY) for _n in range(3)]))

    with django_assert_num_queries(queries):
        OneReadMiddleware(view)(RequestFactory().generic(method, "/"))  # type: ignore[arg-type]
