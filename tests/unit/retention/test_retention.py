"""From what is due to the report: two people, the right rows, nothing that is held back."""

import json
from datetime import date, timedelta
from importlib import import_module

import pytest
from django.db import DatabaseError, connection, transaction

from hengjian.access.leaks import operations as leaks
from hengjian.access.models import SignIn, Ticket
from hengjian.notary.models import Commitment, Erasure, Salt
from hengjian.notary.operations import erase
from hengjian.notary.protected import kinds
from hengjian.notary.recording import notarise
from hengjian.policy import folder
from hengjian.retention import operations
from hengjian.retention.carrying_out import carry_out, check_erasures
from hengjian.retention.classes import BY_NAME, CLASSES
from hengjian.retention.due import found
from hengjian.retention.errors import RetentionRefused
from hengjian.retention.jobs import nightly
from hengjian.retention.models import Due, ListedUnit, Listing, Report
from hengjian.retention.terms import Term, terms_of
from hengjian.terms.errors import NotPermitted, Refused, Tampered
from tests.unit.retention.conftest import AT, ON

pytestmark = pytest.mark.django_db
CODES = "23456789AB"


def looked(viewer, count: int = 3, first: int = 0) -> list[Ticket]:
    with transaction.atomic():
        made = [
            Ticket.objects.create(
                code=f"{'ABCDEFGHJK'[:9]}{CODES[n]}", key_digest="0" * 64, viewer=viewer, role="office",
                officials=[f"D00{n}"], purpose="review", shown="sheet", minutes=15,
            )
            for n in range(first, first + count)
        ]  # fmt: skip
        notarise(ON, *made)
    return made


@pytest.fixture
def looks(act) -> list[Ticket]:
    return looked(act("office").by)


def approved(act, terms, name: str = "looks") -> Listing:
    trace = BY_NAME[name].trace
    made = operations.draw_up(name, terms, act("security" if trace else "office"))
    operations.decide(made, made.digest, "期满，同意销毁", act("audit" if trace else "leader"), agreed=True)
    return made


def test_the_seed_gives_every_class_a_term_and_a_clause() -> None:
    policy = folder.load(folder.shipped()["seed"]).in_force(date(2026, 7, 1))
    terms = terms_of(policy, tuple(BY_NAME))
    assert set(terms) == set(BY_NAME)
    assert all(term.months >= 6 and term.clause and term.reading for term in terms.values())


def test_a_term_counts_months_back_to_a_day_that_there_is() -> None:
    assert Term(1, "c", "r").before(date(2026, 3, 31)) == date(2026, 2, 28)
    assert Term(24, "c", "r").before(date(2026, 1, 5)) == date(2024, 1, 5)


def test_looks_go_by_an_approved_list_and_a_report_stays(act, terms, looks) -> None:
    listing = approved(act, terms)
    report = carry_out(listing, terms, AT)
    assert not Ticket.objects.exists()
    assert (report.units, report.held, report.rows) == (3, 0, {"access.ticket": 3})
    numbers = Commitment.objects.filter(kind="access.ticket").values_list("pk", flat=True)
    assert len(numbers) == 3
    assert not Salt.objects.filter(pk__in=numbers).exists()
    assert Erasure.objects.filter(pk__in=numbers, by="audit", reason=f"retention/{listing.pk}").count() == 3
    assert Commitment.objects.filter(kind="retention.report", key=str(listing.pk)).exists()
    assert not ListedUnit.objects.exists()
    assert carry_out(listing, terms, AT) == report


def test_what_is_not_due_is_not_listed(act, terms, looks) -> None:
    assert found(BY_NAME["looks"], terms, looks[0].at.date()).free == frozenset()
    with pytest.raises(RetentionRefused, match="没有可以销毁"):
        operations.draw_up("sign_ins", terms, act("security"))


def test_a_class_kept_for_good_is_never_due(terms, looks) -> None:
    assert found(BY_NAME["looks"], terms | {"looks": Term(0, "c", "r")}, ON).free == frozenset()
    assert found(BY_NAME["looks"], {}, ON).free == frozenset()


def test_whoever_draws_up_does_not_approve_and_each_keeps_to_the_own_part(act, terms, looks) -> None:
    for role in ("office", "audit", "system", "leader"):
        with pytest.raises(NotPermitted):
            operations.draw_up("looks", terms, act(role))
    made = operations.draw_up("looks", terms, act("security"))
    for role in ("security", "office", "leader"):
        with pytest.raises(NotPermitted):
            operations.decide(made, made.digest, "同意", act(role), agreed=True)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO retention_approval (listing_id, listed_by, digest, agreed, reason, by, at)"
            " VALUES (%s, 'security', %s, true, 'x', 'security', now())",
            [made.pk, made.digest],
        )
    with pytest.raises(RetentionRefused, match="未经批准"):
        carry_out(made, terms, AT)


def test_one_open_list_a_class_and_a_refused_one_makes_room(act, terms, looks) -> None:
    made = operations.draw_up("looks", terms, act("security"))
    with pytest.raises(RetentionRefused, match="未办结"):
        operations.draw_up("looks", terms, act("security"))
    operations.decide(made, made.digest, "暂不销毁", act("audit"), agreed=False)
    with pytest.raises(RetentionRefused, match="未经批准"):
        carry_out(made, terms, AT)
    assert operations.draw_up("looks", terms, act("security")).units == 3


def test_a_list_that_was_changed_is_not_approved_and_not_carried_out(act, terms, looks) -> None:
    made = operations.draw_up("looks", terms, act("security"))
    with pytest.raises(RetentionRefused, match="不一致"):
        operations.decide(made, "0" * 64, "同意", act("audit"), agreed=True)
    operations.decide(made, made.digest, "同意", act("audit"), agreed=True)
    late = looked(act("office").by, 1, first=5)
    ListedUnit.objects.create(listing=made, key=str(late[0].pk))
    with pytest.raises(Tampered):
        carry_out(made, terms, AT)
    assert Ticket.objects.count() == 4


def test_a_longer_term_makes_an_approved_list_void(act, terms, looks) -> None:
    made = approved(act, terms)
    with pytest.raises(RetentionRefused, match="延长"):
        carry_out(made, terms | {"looks": Term(60, "c", "r")}, AT)


def test_what_is_held_back_after_the_approval_stays(act, terms, looks) -> None:
    made = approved(act, terms)
    operations.hold("", "D001", "监察法", "调查需要", act("discipline"))
    report = carry_out(made, terms, AT, block=1)
    assert (report.units, report.held) == (2, 1)
    assert Ticket.objects.get().officials == ["D001"]


def test_an_ended_hold_holds_nothing_and_a_hold_of_a_class_all_of_it(act, terms, looks) -> None:
    hold = operations.hold("looks", "", "诉讼", "调取证据", act("audit"))
    assert len(found(BY_NAME["looks"], terms, ON).held) == 3
    operations.end_hold(hold, "判决生效", act("audit"))
    assert len(found(BY_NAME["looks"], terms, ON).free) == 3
    with pytest.raises(RetentionRefused, match="已经解除"):
        operations.end_hold(hold, "再解除", act("audit"))
    with pytest.raises(NotPermitted):
        operations.hold("looks", "", "诉讼", "调取证据", act("office"))


def test_a_hold_on_a_person_holds_what_cannot_tell_persons(act, terms) -> None:
    old = AT - timedelta(days=400)
    SignIn.objects.create(
        user=act("office").by, method="password", started_at=old, seen_at=old, ended_at=old, ended_why="left"
    )
    operations.hold("", "D001", "监察法", "调查需要", act("discipline"))
    assert len(found(BY_NAME["sign_ins"], terms, ON).held) == 1


def test_a_look_under_inquiry_or_sealed_is_held_back(act, terms) -> None:
    one, two, _three = looked(act("office").by)
    looked_at = leaks.record(
        code=one.code, source="print", what="截图外传", found_at=AT, hours=4, by=act("security").by, now=AT
    )
    assert found(BY_NAME["looks"], terms, ON).held == {str(one.pk)}
    for verb in ("contain", "assess", "close"):
        leaks.step(looked_at, verb, "已办", act("security").by, AT)
    assert found(BY_NAME["looks"], terms, ON).held == frozenset()
    assert str(two.pk) in found(BY_NAME["looks"], terms, ON).free


def test_the_database_lets_nothing_go_without_a_list(act, looks) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute("DELETE FROM access_ticket")


def test_every_guarded_table_of_a_class_has_a_door_for_that_class_and_no_other_has_one() -> None:
    steps = ("0002_guards", "0003_attachments")
    doors = {}
    for step in steps:
        doors |= import_module(f"hengjian.retention.migrations.{step}").DOORS
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%rows_stay'")
        guarded = {name for (name,) in cursor.fetchall()}
    wanted: dict[str, set[str]] = {}
    for one in CLASSES:
        for table in one.tables:
            if table.model._meta.db_table in guarded:
                wanted.setdefault(table.model._meta.db_table, set()).add(one.name)
    assert {name: set(classes) for name, (classes, _kind, _key) in doors.items()} == wanted
    logged = {one.model_label: one.kind for one in kinds()}
    for name, (_classes, kind, key) in doors.items():
        model = next(t.model for c in CLASSES for t in c.tables if t.model._meta.db_table == name)
        assert kind == logged.get(model._meta.label_lower, "")
        assert key in {"", model._meta.pk.column}


def test_a_list_of_one_class_opens_no_other_table_and_no_unerased_row(act, terms, looks) -> None:
    listing = approved(act, terms)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('hengjian.listing', %s, true)", [str(listing.pk)])
        for table in ("access_ticket", "evidence_quarantined", "roster_change"):
            verb = "TRUNCATE" if table != "access_ticket" else "DELETE FROM"
            with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
                cursor.execute(f"{verb} {table} {'CASCADE' if verb == 'TRUNCATE' else ''}")


def test_killed_between_blocks_it_goes_on(act, terms, looks, monkeypatch) -> None:
    from hengjian.retention import carrying_out

    listing, blocks = approved(act, terms), []
    real = carrying_out._one_block

    def dies(*given) -> None:
        if len(blocks) == 1:
            raise KeyboardInterrupt
        blocks.append(1)
        real(*given)

    monkeypatch.setattr(carrying_out, "_one_block", dies)
    with pytest.raises(KeyboardInterrupt):
        carry_out(listing, terms, AT, block=1)
    assert Ticket.objects.count() == 2
    monkeypatch.setattr(carrying_out, "_one_block", real)
    report = carry_out(listing, terms, AT, block=1)
    assert (report.units, report.rows) == (3, {"access.ticket": 3})


def test_the_night_carries_out_and_notes_what_is_due(act, terms, looks) -> None:
    assert nightly(terms, AT) == 0
    assert Due.objects.get(pk="looks").units == 3
    approved(act, terms)
    assert nightly(terms, AT) == 1
    assert Due.objects.get(pk="looks").units == 0
    assert Due.objects.count() == len(CLASSES)
    check_erasures()


def test_no_report_names_a_person(act, terms, looks) -> None:
    report = carry_out(approved(act, terms), terms, AT)
    said = json.dumps([Report.objects.values().get(), Listing.objects.values().get()], default=str)
    assert report.rows
    assert not [one for one in ("D000", "D001", "D002", looks[0].code) if one in said]


def test_a_request_is_noted_by_number_and_answered_once(act) -> None:
    made = operations.ask("erase", "D001", "来件2031-7", date(2031, 4, 5), act("office"))
    operations.answer(made, "保存期未满，依法不予删除，停止其他处理", act("office"), granted=False)
    with pytest.raises(RetentionRefused, match="已答复"):
        operations.answer(made, "再答", act("office"), granted=True)
    with pytest.raises(NotPermitted):
        operations.ask("erase", "", "来件2031-8", date(2031, 4, 5), act("leader"))
    with pytest.raises(RetentionRefused):
        operations.ask("erase", "", " ", date(2031, 4, 5), act("office"))


def test_a_leak_needs_a_code_that_there_is_and_is_closed_in_order(act, looks) -> None:
    security = act("security").by
    given = {"source": "print", "what": "群内出现截图", "found_at": AT, "hours": 4, "now": AT}
    with pytest.raises(Refused, match="没有这个查询编号"):
        leaks.record(code="ZZZZZZZZZZ", by=security, **given)
    with pytest.raises(NotPermitted):
        leaks.record(code="", by=act("office").by, **given)
    code = f"{looks[0].code[:5]}-{looks[0].code[5:]}".lower()
    made = leaks.record(code=code, by=security, **given)
    assert made.report_by == AT + timedelta(hours=4)
    with pytest.raises(Refused, match="补救措施"):
        leaks.step(made, "close", "完", security, AT)
    from hengjian.access.leaks.queries import row

    seen = row(made.pk)
    assert seen is not None
    assert (seen.look, seen.waits, seen.closed) == (looks[0], True, False)
    leaks.step(made, "report", "已报市委网信办", security, AT)
    assert not row(made.pk).waits  # type: ignore[union-attr]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute("UPDATE access_leak SET what = 'x'")


def test_an_erasure_without_a_list_and_one_beyond_its_report_stop_the_duty(act, terms, looks) -> None:
    listing = approved(act, terms)
    carry_out(listing, terms, AT)
    check_erasures()
    for number, reason in enumerate(("任期已满", f"retention/{listing.pk}"), start=6):
        more = looked(act("office").by, 1, first=number)[0]
        place = transaction.savepoint()
        erase("access.ticket", str(more.pk), reason, "somebody", AT)
        with pytest.raises(Tampered):
            check_erasures()
        transaction.savepoint_rollback(place)
    check_erasures()
