"""The panel's pages: a round opened, drawn up, signed, marked by account and by link, closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hengjian.ratings.panels import admitting, reviewing, rolls, tokens
from hengjian.ratings.panels.models import Link, Member, Roll, Round, SignedSheet
from tests.unit.panels import marking, team

Browser = Callable[[str], Client]
SECRET = "panel tests"


@pytest.fixture
def panel(db: None, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Round:
    """A round of a synthetic team, in its days of marking; the roll about its chief is signed."""
    from django.utils import timezone

    from hengjian.access import operations
    from hengjian.access.operations import Scope
    from hengjian.access.roles import Role

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    held = team.drawn()
    reviewing.sign_roll(team.roll_of(held), office(), make=team.keys())
    monkeypatch.setattr(timezone, "now", lambda: team.OPEN_DAY)
    for name in ("office", "leader", "auditor", "XZ1", "FS1"):
        role = Role(name) if name in Role.values else Role.OFFICIAL
        scope = Scope(official_id=name if role == Role.OFFICIAL else "")
        user = operations.create_user(name, f"甲{name}", now=team.BEFORE, password="a long password")
        operations.grant(user, role, on=team.SINCE, by=None, reason="测试", scope=scope)
    return held


@pytest.fixture
def signed_in(panel: Round) -> Browser:
    """A browser in which this person is signed in; Chinese is the language."""
    from hengjian.access.models import User

    def browser(name: str) -> Client:
        client = Client(headers={"accept-language": "zh-CN"})
        client.force_login(User.objects.get(username=name))
        return client

    return browser


def office(now: Any = team.BEFORE) -> Any:
    """As the pages act: with the salt of the settings."""
    from dataclasses import replace

    from django.conf import settings

    from hengjian.ratings.panels.marks import rater_salt

    return replace(team.office(now), salt=rater_salt(settings.SECRET_KEY))


def test_pages_of_a_round_open_for_readers(panel: Round, signed_in: Browser) -> None:
    roll = team.roll_of(panel)
    for page in ("/panels/", f"/panels/{panel.pk}/", f"/panels/rolls/{roll.pk}/"):
        for person in ("office", "leader", "auditor"):
            assert signed_in(person).get(page).status_code == 200, (page, person)
        assert signed_in("XZ1").get(page).status_code == 403
    for page in ("new", "outsiders", "ties", f"{panel.pk}/links", f"{panel.pk}/third-party"):
        assert signed_in("office").get(f"/panels/{page}/").status_code == 200, page
        assert signed_in("leader").get(f"/panels/{page}/").status_code == 403, page


def test_only_a_leader_signs_and_only_the_office_changes(panel: Round, signed_in: Browser) -> None:
    roll = team.roll_of(panel, "FS2")
    url = f"/panels/rolls/{roll.pk}/"
    assert signed_in("office").post(url, {"deed": "sign"}).status_code == 403
    added = {"deed": "add", "rater": "GZ-13", "group": "subordinates/", "reason": "x"}
    assert signed_in("leader").post(url, added).status_code == 403
    office_page = signed_in("office")
    for code in ("ZZ-01", "FS1"):
        away = Member.objects.get(roll=roll, asked=team.member(team.roll_of(panel), code).asked)
        struck = {"deed": "strike", "member": away.pk, "reason": "借调"}
        assert office_page.post(url, struck).status_code == 302
    twice = office_page.post(url, struck)
    assert (twice.status_code, "已经退出" in twice.content.decode()) == (422, True)
    # one of the department is left: a fifth of the weight in one hand
    refused = signed_in("leader").post(url, {"deed": "sign"})
    assert (refused.status_code, "最多影响 20.00 分" in refused.content.decode()) == (422, True)
    assert signed_in("leader").post(url, {"deed": "sign", "note": "考核组只有一人"}).status_code == 302
    assert hasattr(Roll.objects.get(pk=roll.pk), "signature")


def test_nobody_signs_the_roll_about_the_own_person(panel: Round, signed_in: Browser) -> None:
    from hengjian.access import operations
    from hengjian.access.models import User
    from hengjian.access.roles import Role

    leader = User.objects.get(username="leader")
    scope = operations.Scope(official_id="FS2")
    operations.grant(leader, Role.OFFICIAL, on=team.SINCE, by=None, reason="测试", scope=scope)
    own = team.roll_of(panel, "FS2")
    note = {"deed": "sign", "note": "考核组只有一人"}
    refused = signed_in("leader").post(f"/panels/rolls/{own.pk}/", note)
    assert (refused.status_code, "不能由本人签署" in refused.content.decode()) == (422, True)
    assert not hasattr(Roll.objects.get(pk=own.pk), "signature")
    other = team.roll_of(panel, "FS3")
    assert signed_in("leader").post(f"/panels/rolls/{other.pk}/", note).status_code == 302


def test_a_link_is_shown_once_opened_once_and_kept_as_a_hash(panel: Round, signed_in: Browser) -> None:
    made = signed_in("office").post(f"/panels/{panel.pk}/links/", {"deed": "issue"})
    urls = [url for _one, url in made.context["made"]]
    assert len(urls) == 11
    secret = urls[0].partition("#")[2]
    assert secret not in signed_in("office").get(f"/panels/{panel.pk}/links/").content.decode()
    assert not Link.objects.filter(secret_hash__contains=secret).exists()
    rater = Client()
    assert rater.post("/form/", {"secret": secret}).status_code == 302
    assert "合成镇" in rater.get("/form/tasks/").content.decode()
    again = Client().post("/form/", {"secret": secret})
    assert (again.status_code, "已经启用过" in again.content.decode()) == (422, True)
    signed_in("office").post(
        f"/panels/{panel.pk}/links/", {"deed": "revoke", "link": str(Link.objects.get(
            secret_hash=admitting.hash_of(secret)).pk), "reason": "遗失"},
    )  # fmt: skip
    assert rater.get("/form/tasks/").status_code in {403, 422}


def test_nobody_fills_in_anothers_sheet(panel: Round, signed_in: Browser) -> None:
    roll = team.roll_of(panel)
    sheet = f"/form/{team.member(roll, 'XZ1').pk}/"
    assert Client().get(sheet).status_code == 403
    assert signed_in("FS1").get(sheet).status_code == 404
    assert signed_in("office").get(sheet).status_code == 404
    assert signed_in("XZ1").get(sheet).status_code == 200


def test_a_superior_saves_and_hands_in_and_the_page_says_that_it_is_signed(
    panel: Round, signed_in: Browser
) -> None:
    member = team.member(team.roll_of(panel), "XZ1")
    browser, url = signed_in("XZ1"), f"/form/{member.pk}/"
    assert "署名评价" in browser.get(url).content.decode()
    browser.post(url, {"deed": "save", "mark-integrity": "7", "seconds": "20"})
    assert 'name="mark-integrity" value="7" checked' in browser.get(url).content.decode()
    wrong = browser.post(url, {"deed": "hand-in", "mark-integrity": "17", "seconds": "20"})
    assert wrong.status_code == 422
    done = browser.post(url, {"deed": "hand-in", "mark-integrity": "8", "seconds": "33"})
    assert done.status_code == 302
    assert SignedSheet.objects.get(member=member).seconds == 33


def test_a_peer_gets_a_token_in_the_session_and_casts_without_one(panel: Round, signed_in: Browser) -> None:
    import secrets

    from hengjian.proof import blind

    member = team.member(team.roll_of(panel), "FS1")
    browser = signed_in("FS1")
    page = browser.get(f"/form/{member.pk}/").content.decode()
    assert "匿名评价" in page
    key = tokens.offered(member)
    public = marking._public(key)
    prepared = blind.prepare(public, secrets.token_bytes(32), secrets.token_bytes)
    hidden = blind.blind(public, prepared, secrets.token_bytes)
    url = f"/form/{member.pk}/token/"
    got = browser.post(url, {"blinded": hidden.message.hex()}, content_type="application/json").json()
    signature = blind.finalize(public, prepared, bytes.fromhex(got["answer"]), hidden.inverse)
    token = {"key": key.pk, "message": prepared.hex(), "signature": signature.hex()}
    body = {"token": token, "answers": {"integrity": "8"}, "seconds": 70}
    cast = Client(enforce_csrf_checks=True).post("/form/cast/", body, content_type="application/json")
    assert (cast.status_code, len(cast.json()["receipt"])) == (200, 64)
    assert "Set-Cookie" not in cast.headers
    receipt = cast.json()["receipt"]
    for given, said in (
        (receipt[:16], "已经收到"),
        (receipt, "已经收到"),
        ("0" * 16, "没有这张"),
        ("%", "没有这张"),
    ):
        assert said in Client().post("/form/receipt/", {"receipt": given}).content.decode()
    other = {**body, "answers": {"integrity": "1"}}
    refused = Client().post("/form/cast/", other, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (422, "panels.used")


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"token":1,"answers":{},"seconds":1}', "\xff", "[" * 9000])
def test_what_no_page_sends_is_refused_in_words(panel: Round, body: str) -> None:
    answer = Client().post("/form/cast/", body.encode("latin-1"), content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["what"]


def test_a_third_partys_sheet_is_taken_whole_or_reported_cell_by_cell(
    panel: Round, signed_in: Browser, tmp_path: Any
) -> None:
    import io

    browser, asked = signed_in("office"), team.member(team.roll_of(panel), "JG-03").asked
    url = f"/panels/{panel.pk}/third-party/"
    assert browser.post(url, {"deed": "declare", "asked": str(asked.pk), "dealings": ""}).status_code == 302
    template = browser.get(f"{url}{asked.pk}/")
    assert template.status_code == 200
    assert io.BytesIO(template.content).read(2) == b"PK"


def test_rounds_are_opened_by_the_office_with_days_in_order(panel: Round, signed_in: Browser) -> None:
    given = {
        "title": "第二轮", "period": "2026-H1", "organisations": team.TOWN, "self_by": "2026-07-05",
        "opens_on": "2026-07-01", "closes_on": "2026-07-10",
    }  # fmt: skip
    wrong = signed_in("office").post("/panels/new/", given)
    assert (wrong.status_code, "自评应先于评价" in wrong.content.decode()) == (422, True)
    right = signed_in("office").post("/panels/new/", given | {"self_by": "2026-06-30"})
    assert right.status_code == 302
    held = Round.objects.get(title="第二轮")
    assert signed_in("office").post(f"/panels/{held.pk}/draw/").status_code == 302
    assert Roll.objects.filter(round=held).count() == 13
    assert rolls.draw_up(held, office()) == []
