"""Accounts and grants: nothing without a grant in force, no grant without an author and a reason."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from hengjian.access import permissions
from hengjian.access.models import Grant, Revocation, User
from hengjian.access.operations import Scope, close_user, create_user, grant, revoke
from hengjian.access.queries import own_official_ids
from hengjian.access.roles import Role
from hengjian.terms.errors import NotPermitted, Refused

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
DAY = date(2026, 3, 1)
LONG = "a long enough secret"

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> User:
    user = create_user("kaoheban", "考核办", now=NOW, password=LONG)
    grant(user, Role.OFFICE, on=DAY, by=None, reason="系统启用")
    return user


def someone(name: str, role: Role, office: User, scope: Scope = Scope()) -> User:  # noqa: B008
    user = create_user(name, name, now=NOW)
    grant(user, role, on=DAY, by=office, reason="按任命文件", scope=scope)
    return user


PLAIN = [
    "manage_accounts", "manage_access", "read_accounts", "read_sign_ins", "manage_roster", "manage_cycles",
    "review", "publish", "read_results", "read_quarantine", "correct_quarantine", "dismiss_quarantine",
    "check_quarantine", "read_policies", "look", "seal_looks", "read_trail", "read_log", "follow_up",
    "decide_marks", "contest_marks", "handle_reports", "suspend", "manage_panels", "sign_panels",
    "read_panels",
]  # fmt: skip
READ = {"read_results", "read_quarantine", "read_policies", "look", "read_log", "read_panels"}
SIGN = {"review", "sign_panels"}
QUARANTINE = {"correct_quarantine", "dismiss_quarantine"}
RUN = {"manage_roster", "manage_cycles", "publish", "manage_panels"} | QUARANTINE
ALLOWED = {
    Role.OFFICE: READ | RUN,
    Role.HEAD: READ | SIGN,
    Role.DISCIPLINE: READ | {"seal_looks", "read_trail"},
    Role.LEADER: READ | SIGN | {"suspend"},
    Role.AUDITOR: READ | {"seal_looks", "read_trail"},
    Role.INSPECTION: READ,
    Role.OFFICIAL: {"read_policies", "contest_marks"},
    Role.INSPECTOR: {"read_policies", "read_quarantine", "check_quarantine"},
    Role.FEED: {"read_policies", "read_quarantine", "correct_quarantine"},
    Role.FOLLOWUP: {"read_policies", "follow_up"},
    Role.REVIEWER: {"read_policies", "decide_marks"},
    Role.PROTECTOR: {"read_policies", "handle_reports"},
    Role.SYSTEM: {"manage_accounts", "read_accounts"},
    Role.SECURITY: {"manage_access", "read_accounts"},
    Role.AUDIT: {"read_accounts", "read_sign_ins", "read_trail", "read_log"},
}


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_its_own_and_nothing_else(role: Role, office: User) -> None:
    scope = Scope(official_id="17") if role is Role.OFFICIAL else Scope()
    user = someone("w", role, office, scope)
    may = {deed for deed in PLAIN if getattr(permissions, f"can_{deed}")(user, DAY)}
    assert may == ALLOWED[role]


@pytest.mark.parametrize("deed", PLAIN)
def test_check_raises_exactly_where_can_says_no(deed: str, office: User) -> None:
    stranger = create_user("stranger", "路人", now=NOW)
    for user in (office, stranger, AnonymousUser()):
        allowed = getattr(permissions, f"can_{deed}")(user, DAY)
        check = getattr(permissions, f"check_can_{deed}")
        if allowed:
            check(user, DAY)
            continue
        with pytest.raises(NotPermitted) as fault:
            check(user, DAY)
        assert fault.value.code == f"access.{deed}"
    assert not getattr(permissions, f"can_{deed}")(AnonymousUser(), DAY)


def test_nobody_can_review_what_he_scored(office: User) -> None:
    assert permissions.can_manage_cycles(office, DAY)
    assert not permissions.can_review(office, DAY)


def test_official_reads_the_own_sheet_only(office: User) -> None:
    wang = someone("wang", Role.OFFICIAL, office, Scope(official_id="17"))
    assert own_official_ids(wang, DAY) == ["17"]
    assert permissions.can_read_own_sheet(wang, 17, DAY)
    assert not permissions.can_read_own_sheet(wang, 18, DAY)
    permissions.check_can_read_own_sheet(office, 18, DAY)
    with pytest.raises(NotPermitted):
        permissions.check_can_read_own_sheet(wang, 18, DAY)


def test_grant_of_a_county_reaches_its_towns_and_not_the_city(office: User) -> None:
    reader = someone("county", Role.AUDITOR, office, Scope(organisation="city/county-a"))
    assert permissions.can_read_results(reader, DAY, within="city/county-a")
    assert permissions.can_read_results(reader, DAY, within="city/county-a/town-3")
    assert not permissions.can_read_results(reader, DAY, within="city/county-ab")
    assert not permissions.can_read_results(reader, DAY, within="city")
    assert not permissions.can_read_results(reader, DAY)


@pytest.mark.parametrize(
    ("role", "deed"),
    [
        (Role.FOLLOWUP, "follow_up"), (Role.REVIEWER, "decide_marks"),
        (Role.PROTECTOR, "handle_reports"), (Role.LEADER, "suspend"),
    ],
)  # fmt: skip
def test_nobody_of_the_rated_unit_handles_its_marks(role: Role, deed: str, office: User) -> None:
    can = getattr(permissions, f"can_{deed}")
    county = someone("county", role, office, Scope(organisation="city/county-a"))
    city = someone("city", role, office)
    assert can(county, DAY)
    assert can(county, DAY, within="city/county-a/town-3")
    assert not can(county, DAY, within="city/county-a")  # the rated unit itself
    assert not can(county, DAY, within="city/county-ab/town-3")
    assert can(city, DAY, within="city/county-a")


def test_grant_holds_from_its_first_day_until_before_its_last(office: User) -> None:
    user = create_user("temp", "借调", now=NOW)
    grant(user, Role.AUDITOR, on=DAY, until=date(2026, 4, 1), by=office, reason="借调一月")
    assert not permissions.can_read_results(user, date(2026, 2, 28))
    assert permissions.can_read_results(user, DAY)
    assert permissions.can_read_results(user, date(2026, 3, 31))
    assert not permissions.can_read_results(user, date(2026, 4, 1))


def test_revoked_grant_allows_nothing_and_stays_on_record(office: User) -> None:
    user = someone("leader", Role.LEADER, office)
    revoke(Grant.objects.get(user=user), on=date(2026, 5, 1), by=office, reason="调离")
    assert permissions.can_review(user, date(2026, 4, 30))
    assert not permissions.can_review(user, date(2026, 5, 1))
    held = Grant.objects.get(user=user)
    assert (held.revocation.by, held.revocation.reason) == (office, "调离")
    with pytest.raises(Refused, match="已经撤销"):
        revoke(held, on=date(2026, 6, 1), by=office, reason="再撤")


def test_revoking_never_lengthens_a_grant(office: User) -> None:
    user = create_user("temp", "借调", now=NOW)
    held = grant(user, Role.AUDITOR, on=DAY, until=date(2026, 4, 1), by=office, reason="借调一月")
    assert revoke(held, on=date(2026, 9, 1), by=office, reason="补记").on == date(2026, 4, 1)


def test_closed_account_may_nothing_and_cannot_sign_in(office: User) -> None:
    assert authenticate(username="kaoheban", password=LONG) == office
    close_user(office, now=NOW)
    assert not permissions.can_read_policies(office, DAY)
    assert authenticate(username="kaoheban", password=LONG) is None


def test_account_without_a_password_cannot_be_signed_in_to(office: User) -> None:
    user = someone("quiet", Role.AUDITOR, office)
    assert not user.has_usable_password()
    assert authenticate(username="quiet", password="") is None


def test_account_holds_no_identity_number_and_no_address() -> None:
    held = {field.name for field in User._meta.get_fields() if not field.is_relation}
    assert held == {
        "id", "password", "last_login", "username", "display_name", "is_active", "created_at",
        "initial_password",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("username", "display_name", "code"),
    [
        ("", "某", "access.user_invalid"),
        ("有 空格", "某", "access.user_invalid"),
        ("x", " ", "access.user_invalid"),
        ("kaoheban", "又一个", "access.user_exists"),
    ],
)
def test_bad_account_is_refused(username: str, display_name: str, code: str, office: User) -> None:
    with pytest.raises(Refused) as fault:
        create_user(username, display_name, now=NOW)
    assert fault.value.code == code
    assert User.objects.count() == 1


def test_bad_grant_is_refused(office: User) -> None:
    user = create_user("u", "某", now=NOW)
    before = Grant.objects.count()
    wrong = {
        "access.grant_official": {"role": Role.OFFICIAL},
        "access.reason_missing": {"role": Role.AUDITOR, "reason": " "},
        "access.grant_dates": {"role": Role.AUDITOR, "until": date(2026, 2, 1)},
    }
    for code, words in wrong.items():
        with pytest.raises(Refused) as fault:
            grant(user, on=DAY, by=office, **{"reason": "按文件", **words})
        assert fault.value.code == code
    with pytest.raises(Refused):
        grant(user, Role.LEADER, on=DAY, by=office, reason="r", scope=Scope(official_id="1"))
    assert Grant.objects.count() == before


ROW = {"role": "auditor", "starts_on": DAY, "reason": "按文件"}


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        ("grant_role_known", {"role": "king"}),
        ("grant_has_reason", {"reason": ""}),
        ("grant_ends_after_start", {"ends_on": date(2026, 2, 28)}),
        ("grant_official_names_its_official", {"role": "official"}),
        ("grant_official_names_its_official", {"official_id": "3"}),
    ],
)
def test_the_database_itself_refuses(constraint: str, words: dict[str, object], office: User) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Grant.objects.create(user=office, **{**ROW, **words})


def test_a_revocation_without_reason_is_refused_by_the_database(office: User) -> None:
    held = Grant.objects.create(user=office, **ROW)
    with pytest.raises(IntegrityError, match="revocation_has_reason"), transaction.atomic():
        Revocation.objects.create(grant=held, on=DAY, by=office, reason="")


@pytest.mark.parametrize(
    ("constraint", "words"),
    [("user_has_names", {"display_name": ""}), ("user_password_not_empty", {"password": ""})],
)
def test_the_database_itself_refuses_accounts(constraint: str, words: dict[str, object]) -> None:
    row = {"username": "u", "display_name": "某", "password": "!x", "created_at": NOW, **words}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        User.objects.create(**row)


def test_account_with_grants_cannot_be_deleted(office: User) -> None:
    from django.db.models import ProtectedError

    with pytest.raises(ProtectedError):
        office.delete()


# --- 三员分立 ----------------------------------------------------------------------------------------
APART = (Role.SYSTEM, Role.SECURITY, Role.AUDIT)
PAIRS = [(one, two) for one in Role for two in Role if one != two and {one, two} & set(APART)]


def scope_of(role: Role) -> Scope:
    return Scope(official_id="17") if role is Role.OFFICIAL else Scope()


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_one_of_the_three_administrators_is_never_anything_else(one: Role, two: Role, office: User) -> None:
    user = someone("w", one, office, scope_of(one))
    with pytest.raises(Refused) as fault:
        grant(user, two, on=DAY, by=office, reason="兼任", scope=scope_of(two))
    assert fault.value.code == "access.three_apart"
    row = {"user": user, "starts_on": DAY, "reason": "绕过", "official_id": scope_of(two).official_id}
    with pytest.raises(IntegrityError, match="are apart"), transaction.atomic():
        Grant.objects.create(role=two, **row)


def test_not_even_after_the_first_part_was_given_back(office: User) -> None:
    user = someone("w", Role.SYSTEM, office)
    revoke(Grant.objects.get(user=user), on=DAY, by=office, reason="轮岗")
    with pytest.raises(Refused, match="三员分立"):
        grant(user, Role.SECURITY, on=DAY, by=office, reason="轮岗")
    grant(user, Role.SYSTEM, on=DAY, by=office, reason="再任")


def test_no_two_of_the_three_share_a_power_that_changes_anything() -> None:
    for one in APART:
        for two in APART:
            shared = ALLOWED[one] & ALLOWED[two] if one != two else set()
            assert shared <= {"read_accounts"}


def test_nobody_grants_anything_to_himself() -> None:
    admin = create_user("anquan", "安全管理员", now=NOW)
    grant(admin, Role.SECURITY, on=DAY, by=None, reason="系统启用")
    with pytest.raises(Refused, match="不能给自己授权"):
        grant(admin, Role.SECURITY, on=DAY, by=admin, reason="延长")
