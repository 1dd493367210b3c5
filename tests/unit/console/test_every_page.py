"""Every address and every role: the running pages against the table, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from console.conftest import BEFORE, NOW, SEED
from hengjian.access.roles import Role
from hengjian.console.pages import PAGES, Open, roles_of

if TYPE_CHECKING:
    from hengjian.access.models import User

NOBODY = UUID(int=0)
EXAMPLES: dict[str, dict[str, object]] = {
    "cycle_id": {"cycle_id": SEED}, "policy_id": {"policy_id": "seed"}, "verb": {"verb": "freeze"},
    "round_id": {"round_id": NOBODY}, "asked_id": {"asked_id": NOBODY}, "roll_id": {"roll_id": 0},
    "member_id": {"member_id": 0}, "listing_id": {"listing_id": 0}, "leak_id": {"leak_id": 0},
    "case": {"case": NOBODY}, "number": {"number": NOBODY},
    "session_id": {"session_id": 0}, "kind": {"kind": "contest"}, "size": {"size": 1},
    "digest": {"digest": "0" * 64}, "pk": {"pk": 0},
    "slug": {"slug": "roles"}, "file": {"file": "none.png"},
    "provider_id": {"provider_id": "none"}, "token": {"token": "none"},
    "kept": {"kept": 0}, "about": {"about": "quarantine"}, "key": {"key": "0"},
    "attachment": {"attachment": 0}, "version": {"version": 0},
}  # fmt: skip
# where the thing must be a real one to say something
INSTEAD = {
    "console:imports-template": {"kind": "none"},
    "console:cycles-compare": {"cycle_id": SEED},
}
QUERY = {"console:cycles-compare": f"?other={BEFORE}"}
# freezing is the office's; which verb is whose is tried in test_permissions
ONLY = {"console:cycles-act": {Role.OFFICE}}


def names() -> Iterator[tuple[str, str]]:
    def walk(patterns: Any, space: str) -> Iterator[tuple[str, str]]:
        for one in patterns:
            if hasattr(one, "url_patterns"):
                yield from walk(one.url_patterns, f"{one.namespace}:" if one.namespace else space)
            elif one.name:
                yield space + one.name, str(one.pattern)

    return walk(get_resolver().url_patterns, "")


def address(name: str, seat: str, account: int, quarantined: int) -> str:
    given: dict[str, object] = {}
    pattern = next(pattern for found, pattern in names() if found == name)
    for key, example in EXAMPLES.items():
        if f":{key}>" in pattern:
            given |= example
    if ":seat>" in pattern:
        given["seat"] = seat
    if ":official>" in pattern:
        given["official"] = seat.split("@", maxsplit=1)[0]
    if ":entry>" in pattern:
        given["entry"] = quarantined
    given |= INSTEAD.get(name, {})
    if ":account_id>" in pattern:
        given["account_id"] = account
    return reverse(name, kwargs=given) + QUERY.get(name, "")


@pytest.fixture
def everybody(people: dict[str, User], city: str) -> dict[str, User]:
    """One account of every role."""
    from hengjian.access import operations
    from hengjian.access.operations import Scope

    made = dict(people)
    for role in Role:
        if role.value not in made:
            made[role] = operations.create_user(role, f"甲{role}", now=NOW)
            operations.grant(made[role], role, on=date(2026, 1, 1), by=None, reason="测试", scope=Scope())
    return made


def test_every_address_stands_in_the_table() -> None:
    assert {name for name, _pattern in names()} == set(PAGES)


@pytest.mark.parametrize("role", [*Role, "nobody"])
def test_a_role_opens_its_pages_and_no_other(everybody: dict[str, User], city: str, role: str) -> None:
    from hengjian.evidence.queries import quarantined

    waiting = quarantined(state="waiting").first().pk  # type: ignore[union-attr]
    client = Client(headers={"accept-language": "zh-CN"}, raise_request_exception=True)
    client.force_login(everybody[role])
    wrong = []
    for name, needs in PAGES.items():
        if needs in {Open.PUBLIC, Open.KEY, Open.LINK}:
            continue
        url = address(name, city, everybody["nobody"].pk, waiting)
        if name == "console:log-proof-file":  # of what one may read: results, or what administrators did
            url += f"?kind={'access.grant' if role == Role.AUDIT else 'cycles.publication'}&key=0"
        allowed = needs is Open.SIGNED_IN or role in ONLY.get(name, roles_of(needs))
        answer = client.get(url)
        b"".join(answer)  # type: ignore[arg-type]
        if allowed and answer.status_code == 403:
            wrong.append((name, url, answer.status_code))
        if not allowed and {answer.status_code, client.post(url).status_code} - {403, 404, 405}:
            wrong.append((name, url, f"opened: {answer.status_code}"))
    assert wrong == []


def test_whoever_is_not_signed_in_gets_to_the_sign_in_page_and_no_further(
    everybody: dict[str, User], city: str
) -> None:
    client, wrong = Client(), []
    for name, needs in PAGES.items():
        if needs in {Open.PUBLIC, Open.KEY, Open.LINK}:
            continue
        url = address(name, city, everybody["nobody"].pk, 1)
        for answer in (client.get(url), client.post(url)):
            led = answer.get("Location", "").startswith("/sign-in/")
            if answer.status_code != 405 and not (answer.status_code == 302 and led):
                wrong.append((name, url, answer.status_code, answer.get("Location", "")))
    assert wrong == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_for_readers_is_what_the_code_says(root: Path, language: str) -> None:
    from hengjian.console.rights_table import FILES, written

    stands = (root / "docs" / "reference" / FILES[language]).read_text(encoding="utf-8")
    assert stands == written(language), "run: python -m hengjian.console.rights_table"
