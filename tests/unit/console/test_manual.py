"""What the manual quotes from the pages stands on the pages: every word in bold, every refusal in a table."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import yaml
from babel.messages.pofile import read_po
from django.test import Client

from hengjian.console import manual

Browser = Callable[[str], Client]
ROLES = {"zh": "docs/how-to/roles.zh-CN.md", "en": "docs/how-to/roles.md"}
PLACE = re.compile(r"%\([a-z_]+\)[.\d]*[sdgf]|%[.\d]*[sdgf]|\{\d*\}")


@cache
def texts(root: Path, language: str) -> frozenset[str]:
    """Every text of the pages, its places written %s."""
    with (root / "hengjian/locale/en/LC_MESSAGES/django.po").open("rb") as file:
        rows = [row for row in read_po(file) if row.id]
    pairs = [(row.id if isinstance(row.id, tuple) else (row.id,),
              row.string if isinstance(row.string, tuple) else (row.string,)) for row in rows]  # fmt: skip
    found = [text for zh, en in pairs for text in (zh if language == "zh" else en)]
    core = yaml.safe_load((root / "hengjian/locale/en/core.yaml").read_text(encoding="utf-8"))
    found += [str(one) for one in (core if language == "zh" else core.values())]
    return frozenset(PLACE.sub("%s", text) for text in found)


def page(root: Path, language: str) -> str:
    return (root / ROLES[language]).read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_word_in_bold_is_a_label_of_a_page(root: Path, language: str) -> None:
    said = re.findall(r"\*\*([^*]+)\*\*", page(root, language))
    assert len(said) > 40
    assert [one for one in dict.fromkeys(said) if one not in texts(root, language)] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_refusal_is_what_a_page_says(root: Path, language: str) -> None:
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", page(root, language), re.M)
    said = [row for row in rows if row not in {"页面说", "The page says"}]
    assert len(said) > 20
    assert [one for one in said if not any(one in text for text in texts(root, language))] == []


def test_both_languages_have_the_same_parts(root: Path) -> None:
    shapes = {one: [line[:2] for line in page(root, one).splitlines() if line[:2] in {"##", "| ", "1.", "2."}]
              for one in ROLES}  # fmt: skip
    assert shapes["zh"] == shapes["en"]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_chapter_opens_and_leads_nowhere_outside(signed_in: Browser, language: str) -> None:
    reader = signed_in("official")
    reader.cookies["django_language"] = language
    contents = reader.get("/manual/").content.decode()
    for one in manual.CHAPTERS:
        address = f"/manual/{one.slug}/"
        assert address in contents
        text = reader.get(address).content.decode()
        body = text[text.index("<article") : text.index("</article>")]
        assert len(body) > 1000, address
        assert ">English</a>" not in body, "the head of the page changes the language"
        for href in re.findall(r'(?:href|src)="([^"]*)"', body):
            assert href.startswith("/manual/"), (address, href)
            assert reader.get(href).status_code == 200, (address, href)
        assert "export=" not in body


@pytest.mark.django_db
def test_a_picture_is_one_of_the_tutorials_and_no_other_file(signed_in: Browser) -> None:
    reader = signed_in("official")
    for name in ("..%2F..%2Fhome-360.png", "home-360.txt", "none.png", "%2Fetc%2Fpasswd"):
        assert reader.get(f"/manual/pictures/{name}").status_code == 404, name
    assert reader.get("/manual/none/").status_code == 404


def test_html_in_a_file_is_not_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tutorial").mkdir()
    (tmp_path / "tutorial/x.md").write_text("<script>alert(1)</script> [a](javascript:alert(1))", "utf-8")
    monkeypatch.setattr(manual, "PLACES", (tmp_path,))
    html = manual.rendered(manual.Chapter("x", "tutorial/x", "x"), "en")
    assert "<script" not in html
    assert "href" not in html
