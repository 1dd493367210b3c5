"""Assisted entry from the console: the office opens the page with an invitation handed over, and is noted."""

import re
from datetime import UTC, datetime

import pytest

from hengjian.policy import folder
from hengjian.proof.blind_keys import SecretKey
from hengjian.terms.calendar import SHANGHAI


@pytest.fixture
def waiting(people, settings):
    """One approval whose person is asked by the hotline."""
    from hengjian.ratings.invitations.operations import Office, admit_events
    from hengjian.ratings.invitations.secrets_file import room_secret
    from hengjian.ratings.invitations.sheet import EventDraft
    from hengjian.roster.models import Tenure

    (settings.DATA / "invitations").mkdir(parents=True, exist_ok=True)
    (settings.DATA / "invitations" / "channels.yaml").write_text("base: https://rate.example.test\n")
    held = Tenure.objects.filter(until=None).select_related("official", "post__organisation").first()
    now = datetime.now(UTC)
    key = SecretKey.generated(bits=2048)
    seed = folder.load(folder.shipped()["seed"])
    office = Office("热线系统", now, seed, room_secret(settings.DATA), frozenset({"hotline"}), lambda: key)
    draft = EventDraft(
        "hotline", "RX-77", "approval", now.astimezone(SHANGHAI).date(), held.post.organisation.code,
        held.official.code, held.post.code, "assisted", person="caller",
    )  # fmt: skip
    receipt = admit_events([draft], office, source="接口")
    assert receipt.admitted == 1, receipt.report
    return receipt.invited[0]


def test_the_office_gets_a_link_that_says_assisted_and_is_noted(signed_in, waiting) -> None:
    from hengjian.ratings.invitations.issuing import opened
    from hengjian.ratings.invitations.models import Attempt

    office = signed_in("office")
    assert "RX-77" in office.get("/ratings/assisted/").content.decode()
    assert "RX-77" in office.get("/ratings/assisted/?number=RX-77").content.decode()
    assert "没有待代录的邀请" in office.get("/ratings/assisted/?number=RX-78").content.decode()
    answer = office.post("/ratings/assisted/", {"invitation": str(waiting)})
    page = answer.content.decode()
    (secret,) = re.findall(r'href="https://rate\.example\.test/r#a\.([\w-]{43})"', page)
    assert 'rel="noopener noreferrer"' in page
    assert answer["Cache-Control"] == "no-store"
    assert opened(secret, datetime.now(UTC)).kind == "approval"
    assert Attempt.objects.get(invitation=waiting).by == "office"


@pytest.mark.parametrize("name", ["auditor", "official", "leader", "nobody"])
def test_nobody_else_gets_one(signed_in, waiting, name: str) -> None:
    from hengjian.ratings.invitations.models import Attempt

    browser = signed_in(name)
    assert browser.get("/ratings/assisted/").status_code == 403
    assert browser.post("/ratings/assisted/", {"invitation": str(waiting)}).status_code == 403
    assert not Attempt.objects.filter(invitation=waiting).exists()


def test_an_unknown_invitation_is_refused(signed_in, waiting) -> None:
    office = signed_in("office")
    assert office.post("/ratings/assisted/", {"invitation": "x"}).status_code == 404
    strange = "00000000-0000-4000-8000-000000000000"
    assert office.post("/ratings/assisted/", {"invitation": strange}).status_code == 422


def test_staff_of_the_rated_unit_are_refused(people, signed_in, waiting) -> None:
    from datetime import date

    from hengjian.access.operations import Scope, grant
    from hengjian.access.roles import Role
    from hengjian.ratings.invitations.models import Attempt, Invitation
    from hengjian.roster.models import Tenure

    def scoped(role: Role, **scope: str) -> None:
        grant(people["office"], role, on=date(2026, 1, 1), by=None, reason="测试", scope=Scope(**scope))

    event = Invitation.objects.select_related("event__organisation").get(pk=waiting).event
    elsewhere = Tenure.objects.filter(until=None).exclude(post__organisation=event.organisation).first()
    scoped(Role.OFFICIAL, official_id=elsewhere.official.code)
    assert signed_in("office").post("/ratings/assisted/", {"invitation": str(waiting)}).status_code == 200
    before = Attempt.objects.filter(invitation=waiting).count()
    scoped(Role.FEED, organisation=event.organisation.path.strip("/"))
    answer = signed_in("office").post("/ratings/assisted/", {"invitation": str(waiting)})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "不能代录对本单位的评价" in text
    assert "请转给评价热线" in text
    assert Attempt.objects.filter(invitation=waiting).count() == before


def test_the_rated_official_and_a_colleague_are_refused(people, signed_in, waiting) -> None:
    from datetime import date

    from hengjian.access.operations import Scope, grant
    from hengjian.access.roles import Role
    from hengjian.ratings.invitations.models import Attempt, Invitation

    rated = Invitation.objects.get(pk=waiting).event.official.code
    scope = Scope(official_id=rated)
    grant(people["office"], Role.OFFICIAL, on=date(2026, 1, 1), by=None, reason="测试", scope=scope)
    assert signed_in("office").post("/ratings/assisted/", {"invitation": str(waiting)}).status_code == 422
    assert not Attempt.objects.filter(invitation=waiting).exists()
