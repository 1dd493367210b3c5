"""The table of who may do what, made from the code: ``python -m hengjian.console.rights_table`` writes it.

docs/reference/rights.md and rights.zh-CN.md; a test keeps them up to date.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.urls import get_resolver
from django.utils import translation

from hengjian.access.masking import WITHOUT_TICKET, Field, Grade
from hengjian.access.powers import POWERS, Reach
from hengjian.access.roles import READERS, Role
from hengjian.console.core_words import rendered
from hengjian.console.pages import PAGES, Open, roles_of

FILES = {"zh-hans": "rights.zh-CN.md", "en": "rights.md"}
WORDS = {
    "zh-hans": {
        "title": "谁可以做什么",
        "made": "本页由 `python -m hengjian.console.rights_table` 从代码生成，测试核对它与代码一致，"
        "并让每个角色逐一打开每个页面核对（`tests/unit/console/test_every_page.py`）。没有列出的一律不许。",
        "apart": "系统管理员、安全管理员、审计管理员三员分立：担任过其一的账号不能再有任何其他角色，"
        "数据库也拒绝。评价团成员没有账号角色，凭一次性链接进入。",
        "powers": "职权", "power": "职权", "reach": "范围", "pages": "页面", "page": "地址",
        "who": "可打开的人",
        "fields": "没有查看凭据时看到的个人信息", "field": "角色",
        Reach.WHOLE: "全市授权", Reach.UNITS: "授权单位及下级", Reach.BELOW: "授权单位的下级，不含本单位",
        Reach.OWN: "本人", Reach.ANY: "不论范围",
        Open.PUBLIC: "任何人", Open.SIGNED_IN: "登录者", Open.LINK: "持链接者或本人账号",
        Open.KEY: "持接口密钥的系统",
        Grade.HIDDEN: "—", Grade.SURNAME: "姓", Grade.CLEAR: "全部",
        Field.NAME: "姓名", Field.TITLE: "职务", Field.ORGANISATION: "单位", Field.SINCE: "任职日",
        Field.NUMBER: "编号",
        "ticket": "登记目的、取得凭据后，下列角色看到全部：",
    },
    "en": {
        "title": "Who may do what",
        "made": "Made from the code by `python -m hengjian.console.rights_table`; a test holds it against "
        "the code, and every role opens every page (`tests/unit/console/test_every_page.py`). What is not "
        "listed is refused.",
        "apart": "System, security and audit administrators are apart (三员分立): an account that has ever "
        "been one of them never holds another role; the database refuses it too. A panel's member holds no "
        "role: a link that serves once lets that person in.",
        "powers": "Powers", "power": "Power", "reach": "Reach", "pages": "Pages", "page": "Address",
        "who": "Who opens it",
        "fields": "What is seen of a person without a ticket", "field": "Role",
        Reach.WHOLE: "a grant for the whole city", Reach.UNITS: "the unit granted and those under it",
        Reach.BELOW: "units below the one granted, not itself", Reach.OWN: "the own", Reach.ANY: "any grant",
        Open.PUBLIC: "anybody", Open.SIGNED_IN: "whoever is signed in",
        Open.LINK: "by link or the own account",
        Open.KEY: "systems with a key",
        Grade.HIDDEN: "—", Grade.SURNAME: "surname", Grade.CLEAR: "all",
        Field.NAME: "name", Field.TITLE: "post", Field.ORGANISATION: "unit", Field.SINCE: "since",
        Field.NUMBER: "number",
        "ticket": "With a stated purpose and its ticket these see everything: ",
    },
}  # fmt: skip
Words = dict[object, str]


def written(language: str) -> str:
    """The page in one language."""
    words: Words = dict(WORDS[language])
    with translation.override(language):
        parts = [
            f"# {words['title']}", words["made"], words["apart"],
            f"## {words['powers']}", *_powers(words, language),
            f"## {words['fields']}", *_fields(words), words["ticket"] + _names(READERS),
            f"## {words['pages']}", *_pages(words),
        ]  # fmt: skip
        return "\n\n".join(parts) + "\n"


def _powers(words: Words, language: str) -> list[str]:
    rows = [_row([words["power"], words["reach"], *(str(role.label) for role in Role)])]
    rows.append(_row(["---"] * (len(Role) + 2)))
    for power in POWERS.values():
        deed = (rendered(power.deed, {}) or power.deed) if language == "en" else power.deed
        marks = ["●" if role in power.roles else "" for role in Role]
        rows.append(_row([deed, words[power.reach], *marks]))
    return ["\n".join(rows)]


def _fields(words: Words) -> list[str]:
    rows = [_row([words["field"], *(words[field] for field in Field)]), _row(["---"] * (len(Field) + 1))]
    for role in Role:
        rows.append(_row([str(role.label), *(words[WITHOUT_TICKET[role][field]] for field in Field)]))
    return ["\n".join(rows)]


def _pages(words: Words) -> list[str]:
    rows = [_row([words["page"], words["who"]]), _row(["---", "---"])]
    for name, route in sorted(_routes(), key=lambda one: one[1]):
        needs = PAGES[name]
        held = (role for role in Role if role in roles_of(needs))
        who = words[needs] if isinstance(needs, Open) else _names(held)
        rows.append(_row([f"`/{route}`", who]))
    return ["\n".join(rows)]


def _routes() -> list[tuple[str, str]]:
    found: dict[str, str] = {}

    def walk(patterns: Iterable[Any], before: str, space: str) -> None:
        for one in patterns:
            route = before + str(one.pattern)
            if hasattr(one, "url_patterns"):
                walk(one.url_patterns, route, f"{one.namespace}:" if one.namespace else space)
            elif one.name:
                found.setdefault(route, space + one.name)

    walk(get_resolver().url_patterns, "", "")
    return [(name, route) for route, name in found.items()]


def _names(roles: Iterable[Role]) -> str:
    return (", " if translation.get_language() == "en" else "、").join(str(role.label) for role in roles)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Write both pages."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hengjian.config.settings")
    django.setup()
    for language, name in FILES.items():
        path = Path(__file__).resolve().parents[2] / "docs" / "reference" / name
        path.write_text(written(language), encoding="utf-8")


if __name__ == "__main__":
    main()
