"""No page, file or fragment names a person in clear: every address of the console, crawled as everybody.

The list of addresses is the console's own: a new page is crawled by itself, and an address with a part that
the crawl cannot fill fails the test. Nothing here is committed, so the database opens no name, with a
purpose or without: a name that shows was read past the query trail.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from html import unescape
from itertools import product
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from console.conftest import BEFORE, NOW, OPEN, PASSWORD, SEED
from tests.unit.desk.conftest import PDF, png

if TYPE_CHECKING:
    from hengjian.access.models import User

Browser = Callable[[str], Client]

ACCOUNTS = ("office", "leader", "auditor", "official", "county", "nobody")
QUERIES = {
    "cycles-ranking": ("", "?group=", "?group=&page=2"),
    "cycles-compare": ("", f"?other={BEFORE}&all", f"?other={SEED}&seat={{seat}}"),
    "cycles-workings": ("", "?path=0.0"),
    "cycles-record-proof": ("", "?part=opening", "?part=proof"),
    "officials": ("", "?page=2", "?number={official}", "?level=township", "?unit=990103002"),
    "trail": ("", "?person={official}", "?purpose=masked"),
    "quarantine": ("", "?state="),
    "log-proof": ("", "?digest={digest}"),
}


@pytest.fixture
def crowd(people: dict[str, User]) -> dict[str, User]:
    """The accounts of all tests, and an auditor of one county."""
    from hengjian.access import operations
    from hengjian.access.roles import Role
    from hengjian.roster.models import Level, Organisation

    county = Organisation.objects.filter(level=Level.COUNTY).order_by("code")[0]
    made = operations.create_user("county", "甲county", now=NOW, password=PASSWORD)
    operations.grant(
        made, Role.AUDITOR, on=date(2026, 1, 1), by=None, reason="测试",
        scope=operations.Scope(organisation=county.path.strip("/")),
    )  # fmt: skip
    people["county"] = made
    _round()
    _keeping()
    _attached()
    return people


def _keeping() -> None:
    """A leak under way, and a list of what is to be destroyed that waits for its approval."""
    from hengjian.access.leaks.models import Leak, LeakStep
    from hengjian.retention.models import Listing

    leak = Leak.objects.create(
        source="account", what="窗口电脑未锁屏", found_at=NOW, report_by=NOW + timedelta(hours=72),
        by="office", at=NOW,
    )  # fmt: skip
    LeakStep.objects.create(leak=leak, number=1, verb="contain", text="已锁屏", by="office", at=NOW)
    Listing.objects.create(
        data_class="looks", before=date(2020, 1, 1), term=36, clause="测试", units=1, rows=1, held=0,
        digest="0" * 64, by="office", at=NOW,
    )  # fmt: skip


def _attached() -> None:
    """A file with two versions at the first refused row."""
    from hengjian.desk import attaching
    from hengjian.desk.models import About
    from hengjian.evidence.models import Quarantined

    row = str(Quarantined.objects.order_by("pk").values_list("pk", flat=True)[0])
    office = get_user_model().objects.get(username="office")
    for name, data in (("原件.pdf", PDF), ("照片.png", png())):
        attaching.attach(About.QUARANTINE, row, "核实材料", name, data, by=office, now=NOW)


def _round() -> None:
    """A round of one town, drawn up and not signed: nobody has a sheet yet."""
    from hengjian.policy import folder
    from hengjian.ratings.panels import rolls
    from hengjian.ratings.panels.operations import Office
    from hengjian.roster.models import Level, Organisation

    town = Organisation.objects.filter(level=Level.TOWNSHIP).order_by("code")[0].code
    days = date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 30)
    desk = Office("office", NOW, folder.load(folder.shipped()["seed"]), b"salt")
    institution = rolls.OutsiderDraft("JG-01", "institution", town, days[0], name="合成评估院")
    rolls.enrol([institution], desk)
    rolls.draw_up(rolls.open_round(rolls.RoundPlan("2026-H1", "试评", (town,), *days), desk), desk)


def parts(seat: str) -> dict[str, list[Any]]:
    """What each variable part of an address can be; a part of a new name must be added here."""
    from hengjian.access.leaks.models import Leak
    from hengjian.console import manual
    from hengjian.console.acts import ACTS
    from hengjian.cycles import queries
    from hengjian.desk.models import Attachment, Version
    from hengjian.evidence.models import Quarantined
    from hengjian.ratings.followups.models import Case, Contest
    from hengjian.ratings.panels.models import Asked, Member, Roll, Round
    from hengjian.retention.models import Listing

    def digests(step: Any) -> Iterator[str]:
        yield from step.records
        for child in step.children:
            yield from digests(child)

    other = next(one.seat for one in queries.sheet(SEED).seats if one.seat != seat)
    found = sorted(set(digests(queries.working_tree(SEED, seat))))
    kinds = {queries.record(SEED, one).title: one for one in found}
    return {
        "cycle_id": [SEED, OPEN],
        "verb": sorted(ACTS),
        "seat": [seat, other],
        "official": [one.split("@", maxsplit=1)[0] for one in (seat, other)],
        "digest": sorted(kinds.values()),
        "policy_id": ["seed"],
        "size": [1],
        # the city has no cases, contests and reports: their pages answer as for a stranger's number
        "case": [UUID(int=0), *Case.objects.values_list("pk", flat=True)[:2]],
        "kind": ["contest", "flag"],
        "number": [UUID(int=0), *Contest.objects.values_list("pk", flat=True)[:2]],
        "session_id": [0],
        "account_id": list(get_user_model().objects.order_by("pk").values_list("pk", flat=True)[:2]),
        "round_id": list(Round.objects.values_list("pk", flat=True)),
        "roll_id": list(Roll.objects.order_by("pk").values_list("pk", flat=True)[:2]),
        "member_id": list(Member.objects.order_by("pk").values_list("pk", flat=True)[:2]),
        "asked_id": list(Asked.objects.filter(outsider__isnull=False).values_list("pk", flat=True)[:1]),
        "listing_id": list(Listing.objects.values_list("pk", flat=True)),
        "leak_id": list(Leak.objects.values_list("pk", flat=True)),
        "slug": [one.slug for one in manual.CHAPTERS],
        "file": ["ranking.png"],
        "kept": [0],
        "about": ["quarantine", "followup"],
        "key": ["1"],
        "attachment": list(Attachment.objects.values_list("pk", flat=True)),
        "version": list(Version.objects.values_list("pk", flat=True)),
        "token": ["0" * 32],  # an upload is its session's alone
        "entry": list(Quarantined.objects.order_by("pk").values_list("pk", flat=True)[:3]),
    }


def addresses(seat: str) -> list[str]:
    from hengjian.console.urls import urlpatterns

    known = parts(seat)
    words = {"seat": seat, "official": seat.split("@", maxsplit=1)[0], "digest": known["digest"][0]}
    found = []
    for pattern in urlpatterns:
        wanted = list(pattern.pattern.converters)
        assert set(wanted) <= set(known), f"teach this test what {wanted} can be"
        for values in product(*(known[name] for name in wanted)):
            url = reverse(f"console:{pattern.name}", kwargs=dict(zip(wanted, values, strict=True)))
            found += [url + query.format(**words) for query in QUERIES.get(pattern.name or "", ("",))]
    return found


def texts(answer: Any) -> str:
    """All that an answer says: its text, its headers, what is packed in it."""
    body = b"".join(answer) if answer.streaming else answer.content
    packed = b""
    if zipfile.is_zipfile(io.BytesIO(body)):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            packed = b"\n".join(archive.read(one) for one in archive.namelist())
    head = " ".join(f"{key}: {value}" for key, value in answer.headers.items())
    return "\n".join([head, unescape(body.decode("utf-8", "replace")), packed.decode("utf-8", "replace")])


@pytest.mark.parametrize("account", ACCOUNTS)
def test_no_answer_names_a_person(crowd: dict[str, User], city: str, account: str) -> None:
    from hengjian.roster.models import Official, Post

    keys = Official.objects.values_list("name", "sort_key")
    clear = {word for pair in keys for word in pair if word}
    masked = {f"{name[0]}＊＊" for name, _key in keys}
    posts = set(Post.objects.values_list("title", flat=True))
    assert len(clear) > 200
    assert len(posts) > 100
    own = [city.split("@", maxsplit=1)[0]] if account == "official" else []
    mine = set(Post.objects.filter(tenures__official__code__in=own).values_list("title", flat=True))
    opened = 0
    for language, purpose in (("zh-CN", ""), ("en", "audit")):
        browser = Client(headers={"accept-language": language}, raise_request_exception=False)
        browser.force_login(crowd[account])
        browser.post("/purpose/", {"deed": "choose", "purpose": purpose, "next": "/"})
        for url in addresses(city):
            if url.startswith("/manual/"):  # the files of docs, the same for everybody
                continue
            answer = browser.get(url, headers={"HX-Request": "true"} if purpose else {})
            assert answer.status_code < 500, url
            opened += answer.status_code == 200
            text = texts(answer)
            assert [word for word in clear if word in text] == [], url
            if account in {"leader", "auditor"} and not purpose:
                assert [word for word in masked if word in text] == [], url
            if account != "office" and not purpose:
                assert [word for word in posts - mine if word in text] == [], url
    assert opened > (1 if account == "nobody" else 10)


@pytest.mark.parametrize(
    "url", ["/trail/?person=%00", "/cycles/%00/", f"/cycles/{SEED}/seats/%00/", "/notary/proof/?digest=%00"]
)
def test_what_the_database_cannot_hold_is_refused_before_it_is_asked(signed_in: Browser, url: str) -> None:
    assert signed_in("auditor").get(url).status_code == 400


def test_a_note_is_one_line_of_visible_text(signed_in: Browser, city: str) -> None:
    from hengjian.access.models import Ticket

    client, note = signed_in("auditor"), "来信\r\n\x1b[31m<b>一\u202e</b>" + "长" * 300
    form = {"deed": "choose", "purpose": "audit"}
    assert client.post("/purpose/", {**form, "note": f"{note}\0"}).status_code == 400
    client.post("/purpose/", {**form, "note": note})
    assert client.get(f"/cycles/{SEED}/seats/{city}/").status_code == 200
    kept = Ticket.objects.get().note
    assert kept.startswith("来信 [31m<b>一 </b>长长")
    assert len(kept) == 200
    text = client.get("/trail/").content.decode()
    assert "&lt;b&gt;一" in text
    assert "<b>一" not in text


def test_the_browser_keeps_no_page_once_the_purpose_has_ended(signed_in: Browser) -> None:
    """htmx would store the pages that it replaces, names and all, in the browser."""
    answer = signed_in("office").get("/")
    assert '"historyCacheSize":0' in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"


def records(city: str, kind: str) -> list[str]:
    from hengjian.cycles import queries

    def digests(step: Any) -> Iterator[str]:
        yield from step.records
        for child in step.children:
            yield from digests(child)

    found = sorted(set(digests(queries.working_tree(SEED, city))))
    return [one for one in found if queries.record(SEED, one).kind == kind]


def test_a_record_says_no_more_of_the_person_than_the_page_that_leads_to_it(
    signed_in: Browser, city: str
) -> None:
    (url, *_more) = [f"/cycles/{SEED}/seats/{city}/records/{one}/" for one in records(city, "marks")]
    assert "党委书记" not in signed_in("leader").get(url).content.decode()
    assert "党委书记" in signed_in("official").get(url).content.decode()
    chosen = signed_in("leader")
    chosen.post("/purpose/", {"deed": "choose", "purpose": "review", "next": "/"})
    assert "党委书记" in chosen.get(url).content.decode()


def test_the_official_sees_no_single_marks(signed_in: Browser, city: str) -> None:
    (one, *_more) = records(city, "marks")
    label, url = "评分（升序，不含评分人）", f"/cycles/{SEED}/seats/{city}/records/{one}/"
    cells = [
        signed_in(name).get(url).content.decode().split(f"<dt>{label}</dt><dd>")[1].split("</dd>")[0]
        for name in ("official", "office")
    ]
    assert cells[0] == "＊＊"
    assert "、" in cells[1]


def test_a_bundle_is_a_copy_of_everybody_and_goes_out_by_a_ticket(signed_in: Browser) -> None:
    from hengjian.access.models import Ticket

    leader, office, url = signed_in("leader"), signed_in("office"), f"/cycles/{SEED}/bundle/"
    assert not leader.get(url).streaming
    assert not Ticket.objects.exists()
    leader.post("/purpose/", {"deed": "choose", "purpose": "review", "next": url})
    for client in (leader, office):
        answer = client.get(url)
        assert zipfile.is_zipfile(io.BytesIO(b"".join(answer)))
    given = Ticket.objects.order_by("id")
    assert [(one.purpose, one.shown, len(one.officials)) for one in given] == [
        ("review", "export", 108),
        ("masked", "export", 108),
    ]
