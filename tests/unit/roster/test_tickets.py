"""The database itself gives a name in clear only for a ticket that is committed, one's own, not expired,
with a purpose, that names the person, and only within the viewer's reach.

Each test works in a database of its own: what is committed to an append-only table can never be removed.
"""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from roster_sample import NOW, WORDS, sample, write_xlsx

from hengjian.access import tickets
from hengjian.access.masking import Field, Grade, grade
from hengjian.access.models import Ticket, User
from hengjian.access.operations import Scope, create_user, grant
from hengjian.access.purposes import CHOSEN, Purpose, Shown
from hengjian.access.roles import Role
from hengjian.access.row_security import reading
from hengjian.access.tickets import Intent, Permit, Seal, View
from hengjian.roster.models import Official, Organisation, Post, Tenure
from hengjian.roster.operations import import_workbook
from hengjian.roster.persons import clear_names, masked_names
from hengjian.terms.errors import NotPermitted, Refused

DAY = date(2026, 3, 1)
SHEET = View(Shown.SHEET, "2026-h1")
REPLY = Intent(Purpose.REPLY)
EVERYBODY = ["A001", "A002", "A003"]
NUMBERS = count()


@pytest.fixture
def office(django_db_setup: None, django_db_blocker, tmp_path) -> Iterator[User]:
    """The roster's sample, committed, and an account of the office that reaches the whole city."""
    with django_db_blocker.unblock():
        given = connection.settings_dict
        name, mine = given["NAME"], f"tickets_{os.getpid()}_{next(NUMBERS)}"
        connection.close()
        where = {"host": given["HOST"], "port": given["PORT"], "user": given["USER"],
                 "password": given["PASSWORD"], "dbname": "postgres"}  # fmt: skip
        where = {key: value for key, value in where.items() if value}
        with psycopg.connect(autocommit=True, **where) as admin:
            admin.execute(f'CREATE DATABASE {mine} TEMPLATE "{name}"')
            given["NAME"] = mine
            try:
                migrated()
                import_workbook(
                    write_xlsx(tmp_path / "名册.xlsx", sample()), by="office", now=NOW, words=WORDS
                )
                yield someone("office", Role.OFFICE)
            finally:
                connection.close()
                given["NAME"] = name
                admin.execute(f"DROP DATABASE {mine} WITH (FORCE)")


def migrated() -> None:
    """The tables are there already, unless no test of this run asked for the database that is copied."""
    if "access_ticket" not in connection.introspection.table_names():
        call_command("migrate", verbosity=0)


def someone(name: str, role: Role, scope: Scope = Scope()) -> User:  # noqa: B008
    user = create_user(name, f"显示名{name}", now=NOW)
    grant(user, role, on=DAY, by=None, reason="测试", scope=scope)
    return user


def asked(viewer: User, sql: str, values: list[object] | None = None) -> list[tuple]:
    """What the database answers this viewer to any SQL at all, under the reading role."""
    with reading(viewer) as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def refused(viewer: User, sql: str, values: list[object] | None = None) -> str:
    with pytest.raises(DatabaseError) as fault:
        asked(viewer, sql, values)
    assert fault.value.__cause__.sqlstate == "42501", fault.value  # insufficient_privilege
    return str(fault.value)


def by_hand(permit: Permit, viewer: User | None = None) -> str:
    return refused(viewer or permit.viewer, "SELECT * FROM hengjian_clear_names(%s)", [permit.secret])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM roster_official",
        "SELECT * FROM roster_official",
        "SELECT sort_key FROM roster_official",
        "SELECT 1 FROM roster_official WHERE name LIKE '单%%'",
        "SELECT to_jsonb(f) FROM roster_official f",
        "SELECT code FROM roster_official ORDER BY sort_key",
        "SELECT title FROM roster_post",
        "SELECT old FROM roster_change",
        "SELECT display_name FROM access_user",
        "SELECT * FROM access_ticket",
        "SELECT * FROM access_grant",
        "SELECT * FROM hengjian_ticket('x')",
        "SELECT * FROM hengjian_reaches(ARRAY['A001'])",
        "SELECT * FROM hengjian_clear_names('no such ticket')",
        "INSERT INTO access_ticket (code) VALUES ('x')",
        "UPDATE roster_official SET name = 'x'",
        "COPY roster_official TO STDOUT",
        "SET ROLE postgres; SELECT name FROM roster_official",
    ],
)
def test_without_a_ticket_the_database_refuses_a_name_in_clear_however_it_is_asked(
    office: User, sql: str
) -> None:
    if sql.startswith("SET ROLE"):
        with pytest.raises(DatabaseError):
            asked(office, sql)
        return
    refused(office, sql.replace("%%", "%"))
    county = someone("county", Role.AUDITOR, Scope(organisation="99/9901"))
    refused(county, sql.replace("%%", "%"))


def test_numbers_and_masked_names_need_no_ticket(office: User) -> None:
    assert {code for (code,) in asked(office, "SELECT code FROM roster_official")} == set(EVERYBODY)
    names = dict(Official.objects.values_list("code", "name"))
    assert masked_names(office, EVERYBODY) == {code: f"{name[0]}＊＊" for code, name in names.items()}


def test_a_committed_ticket_gives_the_names_of_its_persons_and_no_others(office: User) -> None:
    permit = tickets.issue(office, ["A001", "A003"], REPLY, SHEET, on=DAY)
    names = dict(Official.objects.filter(code__in=["A001", "A003"]).values_list("code", "name"))
    assert clear_names(permit) == names
    assert len(names) == 2


def test_a_ticket_of_the_same_transaction_opens_nothing(office: User) -> None:
    """Whoever rolls back after the look would have looked unseen."""
    with transaction.atomic():
        secret = "s" * 32
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO access_ticket (code, key_digest, viewer_id, role, officials, purpose, note,"
                " shown, cycle, sealed_clause, sealed_reason, minutes) VALUES ('ABCDEFGHJK',"
                " encode(sha256(%s), 'hex'), %s, 'office', '{A001}', 'reply', '', 'sheet', '', '', '', 9)",
                [secret.encode(), office.pk],
            )
        permit = Permit("ABCDEFGHJK", secret, office)
        assert "committed before" in by_hand(permit)
        with transaction.atomic():
            assert "committed before" in by_hand(permit)
    assert clear_names(permit)  # the same ticket, once committed


def test_the_program_cannot_issue_a_ticket_inside_a_transaction(office: User) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        tickets.issue(office, ["A001"], REPLY, SHEET, on=DAY)
    assert not Ticket.objects.exists()


def test_a_ticket_is_good_for_its_viewer_only(office: User) -> None:
    permit = tickets.issue(office, ["A001"], REPLY, SHEET, on=DAY)
    leader = someone("leader", Role.LEADER)
    assert "needs a ticket" in by_hand(permit, leader)
    with pytest.raises(NotPermitted) as fault:
        clear_names(Permit(permit.code, permit.secret, leader))
    assert fault.value.code == "access.ticket"
    held = Ticket.objects.get(code=permit.code)
    assert "needs a ticket" in by_hand(Permit(permit.code, held.key_digest, office)), "the digest is no key"
    assert "needs a ticket" in by_hand(Permit(permit.code, permit.code, office)), "nor is the printed code"


def test_a_ticket_expires_by_the_clock_of_the_database(office: User) -> None:
    permit = tickets.issue(office, ["A001"], Intent(Purpose.REPLY, minutes=1), SHEET, on=DAY)
    held = Ticket.objects.get(code=permit.code)
    assert held.expires_at - held.at == timedelta(minutes=1)
    with connection.cursor() as cursor:  # as the owner, past every trigger: two minutes went by
        cursor.execute("ALTER TABLE access_ticket DISABLE TRIGGER USER")
        cursor.execute("UPDATE access_ticket SET expires_at = expires_at - interval '2 minutes'")
    assert "expired" in by_hand(permit)


def test_whoever_writes_a_ticket_sets_neither_its_time_nor_its_transaction(office: User) -> None:
    held = Ticket.objects.create(
        code="ABCDEFGHJK", key_digest="0" * 64, viewer=office, role=Role.OFFICE, officials=["A001"],
        purpose=Purpose.REPLY, shown=Shown.SHEET, minutes=5, at=NOW, expires_at=NOW + timedelta(days=9999),
        issued_in=3,
    )  # fmt: skip
    held.refresh_from_db()
    assert held.expires_at - held.at == timedelta(minutes=5)
    assert held.at.year >= 2026
    assert held.issued_in != 3


def test_a_look_without_a_purpose_is_written_down_and_opens_nothing(office: User) -> None:
    permit = tickets.note_masked(office, ["A001"], SHEET, on=DAY)
    assert "no purpose" in by_hand(permit)
    assert Ticket.objects.get().purpose == Purpose.MASKED


def test_the_own_data_need_no_purpose_and_open_nobody_elses(office: User) -> None:
    wang = someone("wang", Role.OFFICIAL, Scope(official_id="A003"))
    assert set(clear_names(tickets.issue_own(wang, "A003", SHEET, on=DAY))) == {"A003"}
    with pytest.raises(NotPermitted):
        tickets.issue_own(wang, "A001", SHEET, on=DAY)
    forged = "f" * 32
    Ticket.objects.create(
        code="ABCDEFGHJK", key_digest=tickets.sha256(forged.encode()).hexdigest(), viewer=wang,
        role=Role.OFFICIAL, officials=EVERYBODY, purpose=Purpose.OWN, shown=Shown.SHEET, minutes=5,
    )  # fmt: skip
    assert set(clear_names(Permit("ABCDEFGHJK", forged, wang))) == {"A003"}
    both = someone("both", Role.AUDITOR)
    grant(both, Role.OFFICIAL, on=DAY, by=None, reason="测试", scope=Scope(official_id="A001"))
    Ticket.objects.create(
        code="ABCDEFGHJM", key_digest=tickets.sha256(b"g").hexdigest(), viewer=both,
        role=Role.OFFICIAL, officials=EVERYBODY, purpose=Purpose.OWN, shown=Shown.SHEET, minutes=5,
    )  # fmt: skip
    assert set(clear_names(Permit("ABCDEFGHJM", "g", both))) == {"A001"}, "others need a purpose"
    with pytest.raises(NotPermitted):
        tickets.issue(wang, ["A001"], REPLY, SHEET, on=DAY)


def test_rows_beyond_the_grants_are_not_there(office: User) -> None:
    paths = dict(Organisation.objects.values_list("code", "path"))
    town = paths["990101001"].strip("/")
    auditor = someone("town", Role.AUDITOR, Scope(organisation=town))
    here = set(Post.objects.filter(organisation__path__startswith=f"/{town}/").values_list("code", flat=True))
    seen = {code for (code,) in asked(auditor, "SELECT code FROM roster_post")}
    assert seen == here
    assert seen < set(Post.objects.values_list("code", flat=True))
    persons = set(Official.objects.filter(tenures__post__code__in=here).values_list("code", flat=True))
    assert {code for (code,) in asked(auditor, "SELECT code FROM roster_official")} == persons
    assert set(masked_names(auditor, EVERYBODY)) == persons
    permit = tickets.issue(auditor, EVERYBODY, REPLY, SHEET, on=DAY)
    assert set(clear_names(permit)) == persons < set(EVERYBODY)
    with reading(auditor) as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("hengjian_reader",)


def test_the_database_chooses_the_reading_role_by_the_grants(office: User) -> None:
    county = someone("county", Role.AUDITOR, Scope(organisation="99/9901"))
    nobody = create_user("nobody", "某", now=NOW)
    for viewer, role in ((office, "_city"), (county, ""), (nobody, "")):
        assert asked(viewer, "SELECT current_user::text") == [(f"hengjian_reader{role}",)]
    permit = tickets.issue(county, EVERYBODY, REPLY, SHEET, on=DAY)
    here = set(masked_names(county, EVERYBODY))
    with transaction.atomic(), connection.cursor() as cursor:  # in the other role, names keep to the grants
        cursor.execute("SET LOCAL ROLE hengjian_reader_city")
        cursor.execute("SELECT set_config('hengjian.viewer', %s, true)", [str(county.pk)])
        cursor.execute("SELECT code FROM hengjian_clear_names(%s)", [permit.secret])
        assert {code for (code,) in cursor.fetchall()} == here


def test_a_grant_that_ended_or_was_revoked_reaches_nothing(office: User) -> None:
    from hengjian.access.models import Grant
    from hengjian.access.operations import close_user, revoke

    leader, gone = someone("leader", Role.LEADER), someone("gone", Role.LEADER)
    assert masked_names(leader, EVERYBODY)
    revoke(Grant.objects.get(user=leader), on=DAY, by=office, reason="调离")
    close_user(gone, now=NOW)
    for viewer in (leader, gone):
        assert masked_names(viewer, EVERYBODY) == {}
        assert asked(viewer, "SELECT code FROM roster_official") == []


def test_a_transaction_leaves_the_reading_role_at_its_end(office: User) -> None:
    with transaction.atomic():
        masked_names(office, EVERYBODY)
        assert Official.objects.values_list("name", flat=True).count() == 3
        with pytest.raises(DatabaseError):
            asked(office, "SELECT name FROM roster_official")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, current_setting('hengjian.viewer', true)")
            assert cursor.fetchone() == (connection.settings_dict["USER"], "")


def test_an_account_of_the_database_without_rights_is_told_the_sql_for_the_administrator(
    office: User,
) -> None:
    from hengjian.access.row_security import make_roles

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE ROLE plain_account NOLOGIN")
        cursor.execute("SET LOCAL ROLE plain_account")
        with pytest.raises(Refused) as fault, transaction.atomic():
            make_roles(connection)
        transaction.set_rollback(True)
    assert fault.value.code == "access.reading_roles"
    user = connection.settings_dict["USER"]
    for sql in (
        "CREATE ROLE hengjian_reader NOLOGIN;",
        "CREATE ROLE hengjian_reader_city NOLOGIN;",
        f'GRANT hengjian_reader, hengjian_reader_city TO "{user}";',
    ):
        assert sql in fault.value.do


def test_roles_are_made_once_for_all_databases_of_a_server(office: User) -> None:
    from hengjian.access.row_security import make_roles

    make_roles(connection)
    make_roles(connection)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER ROLE hengjian_reader_city RENAME TO hengjian_gone")
        with pytest.raises(Refused) as fault:
            masked_names(office, EVERYBODY)
        transaction.set_rollback(True)
    assert fault.value.code == "access.reading_roles"


def test_a_tenure_follows_its_post_to_another_organisation(office: User) -> None:
    tenure = Tenure.objects.get(post__code="P1", official__code="A003")
    elsewhere = Organisation.objects.get(code="990101002")

    def home(pk: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT organisation_id FROM roster_tenure WHERE id = %s", [pk])
            return cursor.fetchone()[0]

    assert home(tenure.pk) == tenure.post.organisation_id
    Post.objects.filter(pk=tenure.post_id).update(organisation=elsewhere)
    assert home(tenure.pk) == elsewhere.pk
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE roster_tenure SET organisation_id = organisation_id + 1")


def test_the_person_concerned_sees_every_look_but_a_sealed_one_until_its_day(office: User) -> None:
    auditor = someone("auditor", Role.AUDITOR)
    seal = Seal(DAY + timedelta(days=30), "监督执纪工作规则", "初步核实")
    tickets.issue(office, EVERYBODY, REPLY, View(Shown.RANKING), on=DAY)
    tickets.issue(office, ["A001"], REPLY, SHEET, on=DAY)
    sealed = tickets.issue(auditor, ["A003"], Intent(Purpose.AUDIT, seal=seal), SHEET, on=DAY)
    tickets.note_masked(office, ["A003"], SHEET, on=DAY)
    told = tickets.looks_at(["A003"], DAY)
    assert [(t.viewer.username, t.shown, t.purpose) for t in told] == [
        ("office", "sheet", "masked"),
        ("office", "ranking", "reply"),
    ]
    assert tickets.trail(code=f"{sealed.code[:5]}-{sealed.code[5:].lower()}").get().sealed_until == seal.until
    assert tickets.looks_at(["A003"], seal.until - timedelta(days=1)).count() == 2
    assert tickets.looks_at(["A003"], seal.until).count() == 3
    assert tickets.trail(person="A003").count() == 3
    assert tickets.trail(viewer="auditor", purpose="audit").count() == 1
    assert tickets.trail(viewer="auditor", purpose="reply").count() == 0


def test_only_who_may_seal_seals_and_only_with_clause_reason_and_day(office: User) -> None:
    auditor = someone("auditor", Role.AUDITOR)
    good = Seal(DAY + timedelta(days=30), "条款", "理由")
    with pytest.raises(NotPermitted):
        tickets.issue(office, ["A001"], Intent(Purpose.AUDIT, seal=good), SHEET, on=DAY)
    for seal, code in (
        (Seal(good.until, " ", "理由"), "access.seal_without_clause"),
        (Seal(good.until, "条款", ""), "access.seal_without_clause"),
        (Seal(DAY, "条款", "理由"), "access.seal_dates"),
        (Seal(DAY + timedelta(days=367), "条款", "理由"), "access.seal_dates"),
    ):
        with pytest.raises(Refused) as fault:
            tickets.issue(auditor, ["A001"], Intent(Purpose.AUDIT, seal=seal), SHEET, on=DAY)
        assert fault.value.code == code


@pytest.mark.parametrize("intent", [Intent(Purpose.OWN), Intent(Purpose.MASKED), Intent(Purpose.OTHER, " ")])
def test_a_purpose_comes_from_the_list(office: User, intent: Intent) -> None:
    with pytest.raises(Refused):
        tickets.issue(office, ["A001"], intent, SHEET, on=DAY)
    assert set(CHOSEN) == set(Purpose) - {Purpose.OWN, Purpose.MASKED}


def test_a_ticket_is_never_changed_or_deleted(office: User) -> None:
    tickets.issue(office, ["A001"], REPLY, SHEET, on=DAY)
    for sql in (
        "UPDATE access_ticket SET purpose = 'audit'",
        "DELETE FROM access_ticket",
        "TRUNCATE access_ticket",
    ):
        with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
            cursor.execute(sql)


def test_only_the_same_look_needs_no_second_ticket(office: User) -> None:
    auditor, audit = someone("auditor", Role.AUDITOR), Intent(Purpose.AUDIT)
    sealed = Intent(Purpose.AUDIT, seal=Seal(DAY + timedelta(days=30), "条款", "理由"))
    code = tickets.issue(auditor, ["A001"], sealed, SHEET, on=DAY).code
    assert tickets.lately_noted(auditor, "A001", sealed, SHEET.cycle) == code
    assert not tickets.lately_noted(auditor, "A001", audit, SHEET.cycle), "a seal hides no other look"
    assert not tickets.lately_noted(auditor, "A001", sealed, "2025-h2"), "another cycle is another look"
    assert not tickets.lately_noted(auditor, "A002", sealed, SHEET.cycle)
    assert not tickets.lately_noted(auditor, "A001", REPLY, SHEET.cycle)
    assert not tickets.lately_noted(office, "A001", sealed, SHEET.cycle)


READABLE = {
    "roster_official": {"id", "code"},
    "roster_post": {
        "id", "code", "organisation_id", "level", "category", "rank", "public_facing", "since", "until",
    },
    "roster_tenure": {
        "id", "official_id", "post_id", "organisation_id", "since", "until", "opening_debt_ratio",
    },
}  # fmt: skip
OWNERS_FUNCTIONS = {
    "hengjian_city_wide", "hengjian_clear_names", "hengjian_masked_names", "hengjian_own", "hengjian_reach",
    "hengjian_scope",
}  # fmt: skip


@pytest.mark.parametrize("role", ["hengjian_reader", "hengjian_reader_city"])
def test_the_reading_roles_hold_these_rights_and_no_others(office: User, role: str) -> None:
    """Every column, table, sequence and function: what a new migration gives away shows here."""
    ours = "c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
    columns = f"""SELECT c.relname::text, a.attname::text
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE {ours} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
        AND has_column_privilege(%s, c.oid, a.attnum, 'SELECT')"""
    writes = f"""SELECT c.relname::text FROM pg_class c WHERE {ours} AND (
        (c.relkind IN ('r', 'p', 'v', 'm', 'f') AND (
            has_any_column_privilege(%(role)s, c.oid, 'INSERT, UPDATE')
            OR has_table_privilege(%(role)s, c.oid, 'DELETE, TRUNCATE, REFERENCES, TRIGGER')))
        OR (c.relkind = 'S' AND has_sequence_privilege(%(role)s, c.oid, 'USAGE, SELECT, UPDATE')))"""
    functions = """SELECT DISTINCT proname::text FROM pg_proc WHERE prosecdef
        AND pronamespace <> 'pg_catalog'::regnamespace AND has_function_privilege(%s, oid, 'EXECUTE')"""
    with connection.cursor() as cursor:
        cursor.execute(columns, [role])
        seen: dict[str, set[str]] = {}
        for table, column in cursor.fetchall():
            if table not in {"pg_stat_statements", "pg_stat_statements_info"}:
                seen.setdefault(table, set()).add(column)
        assert seen == READABLE
        cursor.execute(writes, {"role": role})
        assert cursor.fetchall() == []
        cursor.execute(functions, [role])
        assert {name for (name,) in cursor.fetchall()} == OWNERS_FUNCTIONS
        cursor.execute(
            "SELECT rolsuper, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = %s", [role]
        )
        assert cursor.fetchone() == (False, False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = %s",
            [role],
        )
        assert cursor.fetchone() == (0,)


def test_the_planner_and_its_statistics_tell_no_rows(office: User) -> None:
    """Statistics hold the most common values of each column: names too."""
    county = someone("county", Role.AUDITOR, Scope(organisation="99/9901"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE roster_official, roster_post, roster_tenure, access_ticket")
    for viewer in (office, county):
        assert asked(viewer, "SELECT * FROM pg_stats WHERE schemaname = 'public'") == []
        refused(viewer, "SELECT * FROM pg_statistic")
        refused(viewer, "EXPLAIN ANALYZE SELECT 1 FROM roster_official WHERE name = 'x'")
        refused(viewer, "SELECT query_to_xml('SELECT name FROM roster_official', true, true, '')")
        refused(viewer, "CREATE VIEW mine AS SELECT name FROM roster_official")
    # what stands beyond the reach of a viewer cannot make an expression of the viewer fail either
    beyond = "SELECT 1 / (CASE WHEN code = 'A002' THEN 0 ELSE 1 END) FROM roster_official"
    if "A002" not in masked_names(county, EVERYBODY):
        asked(county, beyond)


ROW = {
    "code": "ABCDEFGHJK", "key_digest": "0" * 64, "role": "office", "officials": ["A001"], "purpose": "reply",
    "shown": "sheet", "minutes": 5,
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        ("ticket_code_form", {"code": "abc"}),
        ("ticket_key_digest_form", {"key_digest": "plain"}),
        ("ticket_role_known", {"role": "king"}),
        ("ticket_purpose_known", {"purpose": "curiosity"}),
        ("ticket_shown_known", {"shown": "all"}),
        ("ticket_names_persons", {"officials": []}),
        ("ticket_minutes", {"minutes": 61}),
        ("ticket_minutes", {"minutes": 0}),
        ("ticket_other_purpose_is_told", {"purpose": "other"}),
        ("ticket_sealed_with_clause_and_reason", {"sealed_until": DAY}),
        ("ticket_sealed_with_clause_and_reason", {"sealed_clause": "x", "sealed_reason": "y"}),
    ],
)
def test_the_database_itself_refuses_a_bad_ticket(constraint: str, words: dict[str, object]) -> None:
    viewer = create_user("u", "某", now=NOW)
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        Ticket.objects.create(viewer=viewer, **{**ROW, **words})


S, C, H = Grade.SURNAME, Grade.CLEAR, Grade.HIDDEN
CELLS = {
    Role.OFFICE: {"name": S, "title": C, "organisation": C, "since": C, "number": C},
    Role.LEADER: {"name": H, "title": H, "organisation": H, "since": H, "number": C},
    **{
        role: {"name": H, "title": H, "organisation": H, "since": H, "number": C}
        for role in (Role.AUDITOR, Role.HEAD, Role.DISCIPLINE, Role.INSPECTION)
    },
    **{
        role: {"name": H, "title": H, "organisation": H, "since": H, "number": H}
        for role in (
            Role.OFFICIAL, Role.FOLLOWUP, Role.REVIEWER, Role.PROTECTOR, Role.INSPECTOR, Role.FEED,
            Role.SYSTEM, Role.SECURITY, Role.AUDIT,
        )
    },
}  # fmt: skip
BY_TICKET = {Role.OFFICE, Role.HEAD, Role.DISCIPLINE, Role.LEADER, Role.AUDITOR, Role.INSPECTION}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("field", Field)
def test_each_cell_of_the_table_of_masking(role: Role, field: Field) -> None:
    assert grade([role], field) is CELLS[role][field.value]
    assert grade([role], field, ticket=True) is (C if role in BY_TICKET else H)
    assert grade([role], field, own=True) is C
    assert grade([], field) is H
    assert grade([Role.OFFICIAL, role], field) is CELLS[role][field.value]


def test_the_database_knows_the_same_readers_as_the_table(office: User) -> None:
    for role in Role:
        scope = Scope(official_id="A003") if role is Role.OFFICIAL else Scope()
        found = set(masked_names(someone(f"the-{role}", role, scope), EVERYBODY))
        assert found == (set(EVERYBODY) if role in BY_TICKET else found & {"A003"}), role


def test_every_ticket_is_a_leaf_that_names_nobody(office: User) -> None:
    from hengjian.notary.models import Commitment

    rows = Commitment.objects.exclude(kind="notary.contentform")  # what a ticket's columns are
    before = rows.count()
    permit = tickets.issue(office, ["A001", "A003"], REPLY, SHEET, on=DAY)
    tickets.note_masked(office, ["A001"], SHEET, on=DAY)
    held = Ticket.objects.get(code=permit.code)
    assert rows.count() == before + 2
    leaf = Commitment.objects.get(kind="access.ticket", key=str(held.pk))
    said = bytes(leaf.entry).decode()
    for secret in ("A001", "A003", office.username, permit.code, permit.secret):
        assert secret not in said
