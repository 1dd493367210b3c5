"""What the page is told of the policy in force: tags, five levels, lengths, days."""

import json
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from hengjian.kiosk.setup import Setup
from hengjian.policy.folder import PolicyFolder
from hengjian.policy.policy import Policy

LOWEST, HIGHEST = 1, 10
_KINDS = "service_events."


def forms(policy: PolicyFolder, setup: Setup) -> Callable[[date], bytes]:
    """The form of a day as JSON; made once a day."""

    @lru_cache(maxsize=2)
    def form(day: date) -> bytes:
        return json.dumps(form_of(policy.in_force(day), setup), ensure_ascii=False).encode()

    return form


def form_of(policy: Policy, setup: Setup) -> dict[str, Any]:
    """The form under a policy in force.

    Clause: SPEC B2, NORMS X5
    Policy: ratings.tags_good, ratings.tags_bad, ratings.five_levels, ratings.comment_length
    """
    return {
        "issue": setup.issue or "",
        "cast": setup.cast or "",
        "hotline": setup.hotline,
        "tags": [*_tags(policy, "tags_good", good=True), *_tags(policy, "tags_bad", good=False)],
        "levels": levels(policy),
        "comment": int(policy.number("ratings.comment_length")),
        "amend_days": int(policy.number("ratings.amend_days")),
        "least": int(policy.number("ratings.least_half_year")),
    }


def levels(policy: Policy) -> list[dict[str, Any]]:
    """The national five levels, each with the highest mark that falls under it.

    Clause: NORMS X5
    Policy: ratings.five_levels
    """
    parts = [line.split(" ", 2) for line in _lines(policy, "five_levels")]
    return [{"to": int(to), "zh": zh, "en": en} for to, zh, en in parts]


def kind_of(policy: Policy, code: str) -> dict[str, str]:
    """A kind of service event in both languages."""
    found = policy.parameters.get(_KINDS + code)
    return {"zh": found.name, "en": found.name_en} if found else {"zh": code, "en": code}


def _tags(policy: Policy, key: str, *, good: bool) -> list[dict[str, Any]]:
    parts = [line.split(" ", 2) for line in _lines(policy, key)]
    return [{"code": code, "zh": zh, "en": en, "good": good} for code, zh, en in parts]


def _lines(policy: Policy, key: str) -> tuple[str, ...]:
    value = policy.param(f"ratings.{key}").value
    return value if isinstance(value, tuple) else (str(value),)
