"""Tables of rounds, rolls and sheets: the database itself refuses what contradicts them."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import Error, IntegrityError

from hengjian.ratings.panels import admitting, closing, reviewing
from hengjian.ratings.panels import models as m
from tests.unit.panels import marking, team
from tests.unit.panels.team import office

pytestmark = pytest.mark.django_db
HEX = "0" * 64
TABLES = tuple(
    f"panels_{name}"
    for name in (
        "round", "roundclosing", "outsider", "roll", "rollsignature", "asked", "member", "withdrawal",
        "declaration", "link", "linkopening", "linkrevocation", "tokenkey", "voucher", "tokenissue",
        "signedsheet", "blindsheet",
    )
)  # fmt: skip


def every_table_filled() -> None:
    held = team.drawn()
    roll = team.roll_of(held)
    reviewing.sign_roll(roll, office(), make=team.keys())
    links = admitting.issue_links(held, office(team.OPEN_DAY))
    opened = admitting.open_link(links[0].secret, team.OPEN_DAY)
    admitting.revoke_link(opened, office(team.OPEN_DAY), reason="遗失")
    reviewing.recuse(team.member(roll, "FS6"), office(team.OPEN_DAY), reason="个案")
    marking.mark_all(roll)
    closing.close_round(held, office(team.AFTER))


def test_raw_sql_is_refused() -> None:
    every_table_filled()
    for table in TABLES:
        key = next(c.column for c in _model(table)._meta.concrete_fields if c.primary_key)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone()[0] > 0, f"the refusal of the empty {table} proves nothing"
        refused(f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE")


def refused(*verbs: str) -> None:
    for verb in verbs:
        expected = pytest.raises(Error, match="append-only")
        with expected, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(verb)


def _model(table: str) -> Any:
    from django.apps import apps

    return next(one for one in apps.get_app_config("panels").get_models() if one._meta.db_table == table)


def a_round(**changed: Any) -> m.Round:
    given = {
        "period": "2026-H1", "title": "t", "organisations": ["T01"], "policy": "seed", "policy_digest": HEX,
        "self_by": team.SELF_BY, "opens_on": team.OPENS, "closes_on": team.CLOSES, "by": "t",
        "at": team.BEFORE,
    }  # fmt: skip
    return m.Round.objects.create(**given | changed)


def official(code: str = "ZS") -> Any:
    from hengjian.roster.models import Official

    return Official.objects.get(code=code)


def outsider(**changed: Any) -> m.Outsider:
    from hengjian.roster.models import Organisation

    given = {
        "code": f"X{m.Outsider.objects.count()}", "kind": "staff", "since": team.SINCE, "by": "t",
        "at": team.BEFORE, "organisation": Organisation.objects.get(code="T01"),
    }  # fmt: skip
    return m.Outsider.objects.create(**given | changed)


def roll(**changed: Any) -> m.Roll:
    from hengjian.roster.models import Post

    given = {"official": official(), "post": Post.objects.get(code="ZS-P"), "by": "t", "at": team.BEFORE}
    return m.Roll.objects.create(**{"round": changed.pop("round", None) or a_round()} | given | changed)


def asked(**changed: Any) -> m.Asked:
    return m.Asked.objects.create(**{"round": a_round(), "official": official()} | changed)


def member(**changed: Any) -> m.Member:
    given = {
        "group": "superiors", "signed": True, "home": "T01", "basis": "x", "by": "t", "at": team.BEFORE,
    }  # fmt: skip
    places = {"roll": changed.pop("roll", None) or roll(), "asked": changed.pop("asked", None) or asked()}
    return m.Member.objects.create(**places | given | changed)


def withdrawal(**changed: Any) -> m.Withdrawal:
    given = {"member": member(), "kind": "struck", "reason": "r", "by": "t", "at": team.BEFORE}
    return m.Withdrawal.objects.create(**given | changed)


def declaration(**changed: Any) -> m.Declaration:
    return m.Declaration.objects.create(
        **{"asked": asked(), "wording": "w", "by": "t", "at": team.BEFORE} | changed
    )


def signature(**changed: Any) -> m.RollSignature:
    given = {"roll": roll(), "digest": HEX, "most_moved": 1, "allowed": 2, "by": "t", "at": team.BEFORE}
    return m.RollSignature.objects.create(**given | changed)


def link(**changed: Any) -> m.Link:
    given = {
        "asked": asked(), "secret_hash": HEX, "expires_at": team.AFTER, "by": "t", "at": team.BEFORE,
    }  # fmt: skip
    return m.Link.objects.create(**given | changed)


def revocation(**changed: Any) -> m.LinkRevocation:
    return m.LinkRevocation.objects.create(
        **{"link": link(), "reason": "r", "by": "t", "at": team.BEFORE} | changed
    )


def key(**changed: Any) -> m.TokenKey:
    number = f"{m.TokenKey.objects.count():064x}"
    given = {"id": number, "group": "peers", "cell": "c", "variant": "v", "spki": "s", "vouchers": 1}
    place = {"roll": changed.pop("roll", None) or roll()}
    return m.TokenKey.objects.create(**place | given | changed)


def issue(**changed: Any) -> m.TokenIssue:
    voucher = m.Voucher.objects.create(member=member(), key=key())
    return m.TokenIssue.objects.create(**{"voucher": voucher, "blinded_hash": HEX} | changed)


def signed(**changed: Any) -> m.SignedSheet:
    given = {"member": member(), "answers": {"a": "1"}, "seconds": 1, "at": team.BEFORE}
    return m.SignedSheet.objects.create(**given | changed)


def blind(**changed: Any) -> m.BlindSheet:
    given = {"key": key(), "token": uuid.uuid4().hex * 2, "answers": {"a": "1"}, "seconds": 30}
    return m.BlindSheet.objects.create(**given | changed)


def ended(**changed: Any) -> m.RoundClosing:
    given = {
        "round": a_round(), "signed": 0, "blind": 0, "withheld": 0, "digest": HEX, "by": "t",
        "at": team.AFTER,
    }  # fmt: skip
    return m.RoundClosing.objects.create(**given | changed)


def twice_a_seat() -> None:
    held = a_round()
    roll(round=held)
    roll(round=held)


def asked_twice(who: str) -> None:
    held = a_round()
    person = official() if who == "official" else outsider()
    for _time in range(2):
        asked(**{"round": held, "official": None, who: person})


def member_twice() -> None:
    where, who = roll(), asked()
    member(roll=where, asked=who)
    member(roll=where, asked=who, group="peers", signed=False)


def key_twice() -> None:
    where = roll()
    key(roll=where)
    key(roll=where)


REFUSED = {
    "round_period_form": lambda: a_round(period="2026-H3"),
    "round_policy_is_sha256": lambda: a_round(policy_digest="x"),
    "round_self_assessment_comes_first": lambda: a_round(self_by=team.OPENS),
    "round_names_organisations": lambda: a_round(organisations=[]),
    "round_has_title_and_author": lambda: a_round(title=""),
    "outsider_kind_known": lambda: outsider(kind="x"),
    "outsider_names_institutions_only": lambda: outsider(name="某人"),
    "outsider_ends_after_start": lambda: outsider(until=team.SINCE - timedelta(days=1)),
    "outsider_code_form": lambda: outsider(code="评 价"),
    "roll_once_a_seat": twice_a_seat,
    "roll_has_author": lambda: roll(by=""),
    "asked_is_one_of_two": lambda: asked(official=None),
    "asked_official_once": lambda: asked_twice("official"),
    "asked_outsider_once": lambda: asked_twice("outsider"),
    "member_once_a_roll": member_twice,
    "member_signs_only_where_allowed": lambda: member(group="peers"),
    "member_signs_the_own_assessment": lambda: member(group="self", signed=False),
    "member_added_with_reason": lambda: member(basis="added"),
    "member_has_group_and_author": lambda: member(by=""),
    "withdrawal_kind_known": lambda: withdrawal(kind="x"),
    "withdrawal_has_reason_and_author": lambda: withdrawal(reason=""),
    "declaration_has_text_and_author": lambda: declaration(wording=""),
    "rollsignature_digest_is_sha256": lambda: signature(digest="x"),
    "rollsignature_has_author": lambda: signature(by=""),
    "rollsignature_says_why_one_dominates": lambda: signature(most_moved=3),
    "link_keeps_only_a_hash": lambda: link(secret_hash="the secret"),
    "link_expires_after_issue": lambda: link(expires_at=team.BEFORE),
    "link_has_author": lambda: link(by=""),
    "linkrevocation_has_reason_and_author": lambda: revocation(reason=""),
    "tokenkey_id_is_sha256": lambda: key(id="x"),
    "tokenkey_once_a_cell": key_twice,
    "tokenissue_blinded_is_sha256": lambda: issue(blinded_hash="x"),
    "signedsheet_says_something": lambda: signed(answers={}),
    "blindsheet_token_is_sha256": lambda: blind(token="x"),
    "blindsheet_says_something": lambda: blind(answers={}),
    "roundclosing_digest_is_sha256": lambda: ended(digest="x"),
    "roundclosing_has_author": lambda: ended(by=""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    team.build()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        REFUSED[name]()


def test_what_is_sound_is_accepted() -> None:
    team.build()
    for make in (outsider, withdrawal, declaration, signature, revocation, issue, signed, blind, ended):
        assert make(**({"link": link(secret_hash="1" * 64)} if make is revocation else {})).pk
