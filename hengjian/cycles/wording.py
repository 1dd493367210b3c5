"""Names of codes in the language of whoever reads, taken from the frozen policy."""

from collections.abc import Mapping

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hengjian.policy.model import Name
from hengjian.policy.policy import Policy
from hengjian.terms.period import Period


def english() -> bool:
    """Whether the reader reads English."""
    return (get_language() or "").startswith("en")


def named(words: Mapping[str, Name], code: str) -> str:
    """A code's name, or the code itself when the policy has none."""
    if code not in words:
        return code
    return (words[code].en if english() else words[code].zh) or words[code].zh


def either(zh: str, en: str) -> str:
    """The name in the reader's language."""
    return en if english() and en else zh


def period_title(period: Period) -> str:
    """A period in words."""
    return period.text if english() else period.title


def group_title(policy: Policy, key: str) -> str:
    """A comparable group in words, such as 生态保护区·乡镇级·党政正职."""
    words = {"zone": policy.zones, "level": policy.levels, "category": policy.categories}
    keys = policy.comparison.keys
    if not keys:
        return str(_("全部"))
    parts = zip(keys, key.split("/"), strict=False)
    return " · ".join(named(words.get(k, {}), code) for k, code in parts)


def grade_name(policy: Policy, code: str | None) -> str:
    """A proposed grade in words."""
    found = next((g for g in policy.grades if g.code == code), None)
    return either(found.name, found.name_en) if found else "—"
