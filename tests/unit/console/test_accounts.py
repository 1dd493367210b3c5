"""Accounts and grants through the pages: three administrators, each the own part and no other's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from console.conftest import NOW
from console.test_entrance import make_stale

if TYPE_CHECKING:
    from hengjian.access.models import User

Browser = Callable[[str], Client]
ADMINISTRATORS = ("system", "security", "audit")
GRANT = {"deed": "grant", "role": "auditor", "on": "2026-01-01", "reason": "按任命文件"}


@pytest.fixture
def staff(people: dict[str, User]) -> dict[str, User]:
    """The three administrators, and an account that waits for a role."""
    from hengjian.access import operations
    from hengjian.access.roles import Role

    made = dict(people)
    for name in ADMINISTRATORS:
        made[name] = operations.create_user(name, f"甲{name}", now=NOW)
        operations.grant(made[name], Role(name), on=date(2026, 1, 1), by=None, reason="测试")
    made["fresh"] = operations.create_user("fresh", "新人", now=NOW)
    return made


def as_(staff: dict[str, User], name: str) -> Client:
    client = Client(headers={"accept-language": "zh-CN"})
    client.force_login(staff[name])
    return client


def roles(user: User) -> list[str]:
    from hengjian.access.queries import roles_in_force

    return sorted(roles_in_force(user, date(2026, 6, 1)))


def test_the_system_administrator_makes_an_account_that_may_nothing_yet(staff: dict[str, User]) -> None:
    from hengjian.access.models import User

    answer = as_(staff, "system").post("/accounts/new/", {"username": "qian", "display_name": "钱某"})
    word = re.search(r"<dd><code>([\w-]{20})</code></dd>", answer.content.decode()).group(1)  # type: ignore[union-attr]
    assert answer["Cache-Control"] == "no-store"
    made = User.objects.get(username="qian")
    assert made.initial_password
    assert roles(made) == []
    client = Client()
    assert client.post("/sign-in/", {"username": "qian", "password": word}).status_code == 302
    assert client.get("/policies/")["Location"] == "/account/password/"


def test_the_security_administrator_grants_and_revokes(staff: dict[str, User]) -> None:
    page = f"/accounts/{staff['fresh'].pk}/"
    client = as_(staff, "security")
    assert client.post(page, GRANT).status_code == 302
    assert roles(staff["fresh"]) == ["auditor"]
    held = staff["fresh"].grants.get()
    assert held.granted_by == staff["security"]
    assert client.post(page, {"deed": "revoke", "grant": held.pk}).status_code == 422  # no reason
    assert client.post(page, {"deed": "revoke", "grant": held.pk, "reason": "调离"}).status_code == 302
    assert as_(staff, "fresh").get("/cycles/").status_code == 403
    assert "调离" in as_(staff, "audit").get(page).content.decode()


@pytest.mark.parametrize("person", ["system", "audit", "office", "auditor", "leader", "nobody"])
def test_nobody_else_grants(staff: dict[str, User], person: str) -> None:
    answer = as_(staff, person).post(f"/accounts/{staff['fresh'].pk}/", GRANT)
    assert answer.status_code == 403
    assert roles(staff["fresh"]) == []


@pytest.mark.parametrize("person", ["security", "audit", "office", "auditor", "leader", "nobody"])
@pytest.mark.parametrize("deed", ["close", "reset"])
def test_nobody_but_the_system_administrator_closes_or_resets(
    staff: dict[str, User], person: str, deed: str
) -> None:
    before = staff["fresh"].password
    answer = as_(staff, person).post(f"/accounts/{staff['fresh'].pk}/", {"deed": deed})
    staff["fresh"].refresh_from_db()
    assert answer.status_code == 403
    assert (staff["fresh"].is_active, staff["fresh"].password) == (True, before)
    assert (
        as_(staff, person).post("/accounts/new/", {"username": "q", "display_name": "q"}).status_code == 403
    )


def test_the_system_administrator_puts_somebody_out(staff: dict[str, User]) -> None:
    somebody, page = as_(staff, "office"), f"/accounts/{staff['office'].pk}/"
    assert as_(staff, "security").post(page, {"deed": "put_out"}).status_code == 403
    assert somebody.get("/policies/").status_code == 200
    assert as_(staff, "system").post(page, {"deed": "put_out"}).status_code == 302
    assert somebody.get("/policies/").status_code == 302


@pytest.mark.parametrize("person", ADMINISTRATORS)
@pytest.mark.parametrize(
    "page", ["/cycles/", "/policies/", "/quarantine/", "/panels/", "/reports/", "/looks/"]
)
def test_an_administrator_sees_nothing_of_the_assessment(
    staff: dict[str, User], person: str, page: str
) -> None:
    assert as_(staff, person).get(page).status_code == 403


def test_the_security_administrator_grants_nothing_to_himself_and_joins_no_two_parts(
    staff: dict[str, User],
) -> None:
    client = as_(staff, "security")
    own = client.post(f"/accounts/{staff['security'].pk}/", {**GRANT, "role": "security"})
    assert (own.status_code, "不能给自己授权" in own.content.decode()) == (422, True)
    both = client.post(f"/accounts/{staff['system'].pk}/", {**GRANT, "role": "audit"})
    assert (both.status_code, "三员分立" in both.content.decode()) == (422, True)
    assert roles(staff["system"]) == ["system"]


def test_granting_needs_fresh_proof(staff: dict[str, User]) -> None:
    client = as_(staff, "security")
    make_stale(client)
    answer = client.post(f"/accounts/{staff['fresh'].pk}/", GRANT)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/account/again/")
    assert roles(staff["fresh"]) == []


@pytest.mark.parametrize(
    "wrong",
    [{"role": "king"}, {"role": ""}, {"on": "gestern"}, {"on": "2026-13-40"}, {"until": "2025-01-01"},
     {"role": "official"}, {"official": "17"}, {"reason": " "}],
)  # fmt: skip
def test_a_wrong_form_is_refused_and_says_why(staff: dict[str, User], wrong: dict[str, Any]) -> None:
    answer = as_(staff, "security").post(f"/accounts/{staff['fresh'].pk}/", {**GRANT, **wrong})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert roles(staff["fresh"]) == []


@pytest.mark.parametrize("grant", ["1", "-1", "x", "9" * 40, ""])
def test_a_forged_number_of_a_grant_revokes_nothing(staff: dict[str, User], grant: str) -> None:
    from hengjian.access.models import Revocation

    page = f"/accounts/{staff['fresh'].pk}/"
    answer = as_(staff, "security").post(page, {"deed": "revoke", "grant": grant, "reason": "x"})
    assert answer.status_code == 404
    assert not Revocation.objects.exists()


def test_only_the_audit_administrator_sees_who_signed_in(staff: dict[str, User]) -> None:
    as_(staff, "fresh")
    page = f"/accounts/{staff['fresh'].pk}/"
    for person in ADMINISTRATORS:
        assert ("登录记录" in as_(staff, person).get(page).content.decode()) == (person == "audit")


def test_identities_are_bound_and_released_by_the_security_administrator(staff: dict[str, User]) -> None:
    from hengjian.access.identities import holder

    page, said = f"/accounts/{staff['fresh'].pk}/", {"provider": "city", "subject": "u-1", "reason": "按表"}
    assert as_(staff, "system").post(page, {"deed": "bind", **said}).status_code == 403
    assert as_(staff, "security").post(page, {"deed": "bind", **said}).status_code == 302
    assert holder("city", "u-1") == staff["fresh"]
    assert as_(staff, "audit").post(page, {"deed": "release", **said}).status_code == 403
    assert as_(staff, "security").post(page, {"deed": "release", **said}).status_code == 302
    assert holder("city", "u-1") is None
