"""Whom the rules name for a seat, whom they keep away, and how far one mark can move a result."""

from datetime import date

import pytest

from hengjian.ratings.panels import reviewing, rolls
from hengjian.ratings.panels.errors import PanelRefused
from hengjian.ratings.panels.models import Declaration, Member, Roll, RollSignature, Withdrawal
from hengjian.ratings.panels.rolls import code_of, rules_of
from hengjian.roster.models import Organisation
from hengjian.roster.ties import TieDraft, end_tie, record_tie, ties_on
from tests.unit.panels import team
from tests.unit.panels.team import CHIEF, DEPUTIES, LEADERS, MIDDLES, office

pytestmark = pytest.mark.django_db


def groups(roll: Roll) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in Member.objects.filter(roll=roll).select_related("asked__official", "asked__outsider"):
        found.setdefault(f"{one.group}/{one.stratum}".rstrip("/"), set()).add(code_of(one.asked))
    return found


def test_a_chief_is_rated_from_above_beside_below_and_outside():
    held = team.drawn()
    assert Roll.objects.filter(round=held).count() == 13
    found = groups(team.roll_of(held))
    assert found == {
        "self": {CHIEF},
        "organisation_department": {"ZZ-01", "ZZ-02"},
        "superiors": set(LEADERS),
        "peers": set(DEPUTIES),
        "subordinates": {*MIDDLES, "GZ-13", "GZ-14"},
        "public/delegates": {"DB-10", "DB-11", "DB-12"},
        "third_party": {"JG-03", "JG-04", *(f"WG-{n:02}" for n in range(5, 10))},
    }


def test_a_deputy_is_rated_by_the_whole_leading_group_and_the_one_above():
    held = team.drawn()
    found = groups(team.roll_of(held, "FS1"))
    assert found["superiors"] == set(LEADERS)
    assert found["peers"] == {CHIEF, *DEPUTIES} - {"FS1"}


def test_middle_level_is_rated_by_the_own_chief_and_its_like():
    held = team.drawn()
    found = groups(team.roll_of(held, "ZC1"))
    assert found["superiors"] == {CHIEF}
    assert found["peers"] == set(MIDDLES) - {"ZC1"}
    assert found["subordinates"] == {"GZ-13", "GZ-14"}


def test_who_signs_and_who_does_not():
    held = team.drawn()
    rows = Member.objects.filter(roll=team.roll_of(held))
    signed = {code_of(one.asked) for one in rows if one.signed}
    assert signed == {CHIEF, *LEADERS, "ZZ-01", "ZZ-02", "JG-03", "JG-04"}


def test_kin_is_drawn_and_kept_away_with_the_reason_on_the_roll():
    team.build()
    team.outsiders()
    record_tie(TieDraft("FS2", CHIEF, "relative", date(2020, 1, 1), "本人申报"), by="考核办", now=team.BEFORE)
    record_tie(TieDraft(CHIEF, "FS3", "hometown", date(2020, 1, 1), "干部档案"), by="考核办", now=team.BEFORE)
    held = rolls.open_round(team.plan(), office())
    rolls.draw_up(held, office())
    roll = team.roll_of(held)
    away = Withdrawal.objects.get(member=team.member(roll, "FS2"))
    assert (away.kind, away.reason) == ("conflict", "亲属")
    assert team.member(roll, "FS3").ties == ["hometown"]
    assert not Withdrawal.objects.filter(member=team.member(roll, "FS3")).exists()


def test_drawing_again_adds_only_rolls_that_are_missing():
    held = team.drawn()
    before = Member.objects.count()
    assert rolls.draw_up(held, office()) == []
    assert Member.objects.count() == before


def test_shared_offices_are_ties_once_one_has_left():
    from hengjian.roster.models import Official, Post, Tenure

    team.build()
    assert ties_on(team.OPENS, {CHIEF}) == {}, "who sits together now is no tie yet"
    Tenure.objects.create(
        official=Official.objects.get(code="XF2"), post=Post.objects.get(code="ZC6-P"), single_holder=True,
        since=date(2022, 1, 1), until=date(2023, 12, 31),
    )  # fmt: skip
    Tenure.objects.create(
        official=Official.objects.get(code=CHIEF), post=Post.objects.get(code="FS6-P"), single_holder=True,
        since=date(2023, 1, 1), until=date(2023, 12, 31),
    )  # fmt: skip
    assert ties_on(team.OPENS, {CHIEF})[frozenset((CHIEF, "XF2"))] == {"former_unit"}


def test_a_tie_ends_from_a_day_on():
    team.build()
    tie = record_tie(
        TieDraft("FS2", CHIEF, "case", date(2020, 1, 1), "信访事项"), by="考核办", now=team.BEFORE
    )
    pair = frozenset(("FS2", CHIEF))
    end_tie(tie.pk, on=date(2026, 6, 1), reason="事项办结", by="考核办", now=team.BEFORE)
    assert pair in ties_on(date(2026, 5, 31), {CHIEF})
    assert pair not in ties_on(date(2026, 6, 1), {CHIEF})


def test_one_superior_alone_moves_too_much_until_there_are_two_or_a_note():
    held = team.drawn()
    roll = team.roll_of(held, "ZC1")  # one superior: the own chief
    seat, rules = reviewing.seat_of(roll), rules_of(held, office())
    found = {(one.group, one.stratum): one for one in reviewing.influence_of(roll, rules, seat)}
    alone = found["superiors", ""]
    # media count only with events: 15 of 100
    assert alone.points == 15.0
    assert alone.dominates
    assert found["organisation_department", ""].points == 10.0
    assert not found["organisation_department", ""].dominates
    with pytest.raises(PanelRefused, match="上级领导"):
        reviewing.sign_roll(roll, office(), make=team.keys())
    addition = reviewing.Addition("FS1", "superiors", "", "分管副职")
    reviewing.add_member(roll, addition, office())
    assert reviewing.sign_roll(roll, office(), make=team.keys()).most_moved == 10


def test_a_note_lets_a_dominated_roll_stand_and_says_why():
    held = team.drawn()
    signed = reviewing.sign_roll(
        team.roll_of(held, "ZC1"), office(), note="本单位只有一名上级", make=team.keys()
    )
    assert RollSignature.objects.get(pk=signed.pk).note == "本单位只有一名上级"


def test_a_signed_roll_takes_nobody_and_loses_nobody_but_by_recusal():
    from django.db import IntegrityError, transaction

    held = team.drawn()
    roll = team.roll_of(held)
    struck = team.member(roll, "GZ-13")
    reviewing.strike(struck, office(), reason="借调在外")
    reviewing.sign_roll(roll, office(), make=team.keys())
    with pytest.raises(PanelRefused, match="已签署"):
        reviewing.add_member(roll, reviewing.Addition("FS1", "superiors", "", "x"), office())
    with pytest.raises(PanelRefused, match="已签署"):
        reviewing.strike(team.member(roll, "FS1"), office(), reason="x")
    other = team.member(roll, "FS1")
    with pytest.raises(IntegrityError, match="signed"), transaction.atomic():
        Member.objects.create(
            roll=roll, asked=team.member(team.roll_of(held, "FS1"), CHIEF).asked, group="peers",
            signed=False, home="x", basis="x", by="x", at=team.BEFORE,
        )  # fmt: skip
    reviewing.recuse(other, office(team.OPEN_DAY, "FS1"), reason="与本人有个案利害关系")
    assert Withdrawal.objects.get(member=other).kind == "recused"


def test_an_institution_does_not_mark_whom_it_deals_with():
    held = team.drawn()
    asked = team.member(team.roll_of(held), "JG-03").asked
    reviewing.declare(asked, (team.TOWN,), office(team.OPEN_DAY, "JG-03"))
    assert not Member.objects.filter(asked=asked, withdrawal__isnull=True).exists()
    with pytest.raises(PanelRefused, match="已经声明"):
        reviewing.declare(asked, (), office(team.OPEN_DAY, "JG-03"))


def test_dealings_with_a_unit_above_keep_away_too():
    held = team.drawn()
    asked = team.member(team.roll_of(held), "JG-03").asked
    reviewing.declare(asked, (team.COUNTY,), office(team.OPEN_DAY, "JG-03"))
    assert not Member.objects.filter(asked=asked, withdrawal__isnull=True).exists()
    team.seat(Organisation.objects.get(code=team.TOWN), "FS9", "deputy", "副镇长")
    (late,) = rolls.draw_up(held, office())
    with pytest.raises(PanelRefused, match="退出"):
        reviewing.add_member(late, reviewing.Addition("JG-03", "third_party", "", "x"), office())


def test_a_unit_that_there_is_not_is_no_declaration():
    held = team.drawn()
    asked = team.member(team.roll_of(held), "JG-03").asked
    with pytest.raises(PanelRefused, match="没有这些机构代码：T99"):
        reviewing.declare(asked, (team.TOWN, "T99"), office(team.OPEN_DAY, "JG-03"))
    assert Member.objects.filter(asked=asked, withdrawal__isnull=True).exists()
    assert not Declaration.objects.exists()
    assert reviewing.codes_in(" T01、T02，T03; T04\n") == ("T01", "T02", "T03", "T04")


def test_a_roll_drawn_after_the_declaration_leaves_the_institution_out():
    held = team.drawn()
    asked = team.member(team.roll_of(held), "JG-03").asked
    reviewing.declare(asked, (team.COUNTY,), office(team.OPEN_DAY, "JG-03"))
    team.seat(Organisation.objects.get(code=team.TOWN), "FS9", "deputy", "副镇长")
    (roll,) = rolls.draw_up(held, office())
    late = Member.objects.get(roll=roll, asked=asked)
    assert late.withdrawal.kind == "recused"
    assert "业务往来" in late.withdrawal.reason


def test_dealings_below_a_unit_leave_the_unit_itself():
    held = team.drawn_with_the_county()
    asked = team.member(team.roll_of(held), "JG-03").asked
    reviewing.declare(asked, (team.TOWN, team.TOWN), office(team.OPEN_DAY, "JG-03"))
    marked = Member.objects.filter(asked=asked, withdrawal__isnull=True)
    assert set(marked.values_list("roll__post__organisation__code", flat=True)) == {team.COUNTY}
    assert marked.count() == len(LEADERS)
    assert Declaration.objects.get(asked=asked).dealings == [team.TOWN]


def test_an_institution_is_not_added_where_it_has_dealings():
    held = team.drawn_with_the_county()
    near = rolls.OutsiderDraft("JG-99", "institution", team.TOWN, team.SINCE, name="合成评估院")
    rolls.enrol([near], office())  # of the town: the rules draw it for no leader of the county
    above, town = team.roll_of(held, LEADERS[0]), team.roll_of(held)
    addition = reviewing.Addition("JG-99", "third_party", "", "本轮另行委托")
    asked = reviewing.add_member(town, addition, office()).asked
    reviewing.declare(asked, (team.COUNTY,), office(team.OPEN_DAY, "JG-99"))
    assert Withdrawal.objects.get(member__asked=asked, member__roll=town).kind == "recused"
    with pytest.raises(PanelRefused, match="业务往来") as refused:
        reviewing.add_member(above, addition, office())
    assert (refused.value.code, bool(refused.value.do)) == ("panels.dealings", True)
    assert not Member.objects.filter(roll=above, asked=asked).exists()


def test_the_rated_person_and_strangers_are_not_added():
    held = team.drawn()
    roll = team.roll_of(held)
    for code in (CHIEF, "NOBODY", "ZZ-01"):
        with pytest.raises(PanelRefused):
            reviewing.add_member(roll, reviewing.Addition(code, "superiors", "", "x"), office())


def test_a_persons_name_is_refused_on_the_list_of_outsiders():
    team.build()
    draft = rolls.OutsiderDraft("DB-99", "delegate", team.COUNTY, team.SINCE, name="张三")
    with pytest.raises(PanelRefused, match="不得写姓名"):
        rolls.enrol([draft], office())


def test_days_out_of_order_are_refused():
    team.build()
    with pytest.raises(PanelRefused, match="自评应先于评价"):
        rolls.open_round(team.plan(self_by=team.OPENS), office())


def test_a_round_goes_on_under_the_rules_it_was_opened_with():
    from dataclasses import replace

    from hengjian.ratings.panels.models import Round
    from hengjian.ratings.panels.rules import PanelRules

    held = team.drawn()
    policy = office().policy.in_force(team.OPENS)
    limit = replace(policy.param("drawing.most_moved"), value=12)
    holiday = replace(policy, holidays=())
    assert PanelRules(holiday).digest == held.policy_digest, "other rules may change in the meantime"
    changed = replace(policy, parameters={**policy.parameters, "drawing.most_moved": limit})
    assert PanelRules(changed).digest != held.policy_digest
    other = Round(**{**_columns(held), "policy_digest": PanelRules(changed).digest})
    with pytest.raises(PanelRefused, match="不同"):
        rules_of(other, office())


def _columns(held):
    return {field.attname: getattr(held, field.attname) for field in held._meta.concrete_fields}
