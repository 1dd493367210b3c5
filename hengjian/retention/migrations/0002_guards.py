"""Nothing here is changed; and rows of the classes may go by an approved list, protected ones once erased.

The functions of other rooms' append-only triggers are replaced: they still refuse everything else.
"""

from django.db import migrations

from hengjian.database.append_only import append_only

OWN = ("listing", "approval", "report", "hold", "holdending", "request", "answer")

# table: classes by whose lists its rows may go, the kind of its leaf ("": it has none), its key
DOORS = {
    "access_ticket": (("looks",), "access.ticket", "id"),
    "evidence_quarantineopinion": (("quarantine",), "evidence.quarantineopinion", "id"),
    "evidence_quarantinedecision": (("quarantine",), "evidence.quarantinedecision", "id"),
    "evidence_quarantined": (("quarantine",), "evidence.quarantined", "id"),
    "panels_refusedmarkdecision": (("refused_marks",), "panels.refusedmarkdecision", "id"),
    "panels_refusedmark": (("refused_marks",), "panels.refusedmark", "id"),
    "invitations_refusedevent": (("refused_events",), "invitations.refusedevent", "id"),
    "invitations_delivery": (("invitations",), "", ""),
    "invitations_attempt": (("invitations",), "", ""),
    "invitations_ending": (("invitations",), "", ""),
    "invitations_opening": (("invitations",), "", ""),
    "invitations_issue": (("invitations",), "", ""),
    "invitations_invitation": (("invitations",), "", ""),
    "panels_signedsheet": (("sheets",), "panels.signedsheet", "member_id"),
    "panels_declaration": (("sheets",), "panels.declaration", "asked_id"),
    "ballots_reply": (("ballots",), "ballots.reply", "id"),
    "ballots_exclusion": (("ballots",), "ballots.exclusion", "ballot_id"),
    "ballots_ballot": (("ballots",), "ballots.ballot", "id"),
    "followups_reminder": (("cases", "contests", "reports"), "followups.reminder", "id"),
    "followups_step": (("cases",), "followups.step", "id"),
    "followups_case": (("cases",), "followups.case", "id"),
    "followups_opinion": (("contests", "flags"), "followups.opinion", "id"),
    "followups_ruling": (("contests", "flags"), "followups.ruling", "id"),
    "followups_contest": (("contests",), "followups.contest", "id"),
    "followups_flag": (("flags",), "followups.flag", "id"),
    "followups_reportstep": (("reports",), "followups.reportstep", "id"),
    "followups_report": (("reports",), "followups.report", "sealed_id"),
    "roster_change": (("departed",), "roster.change", "id"),
}

ALLOWED = """
CREATE FUNCTION retention_listed(classes text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM retention_listing l JOIN retention_approval a ON a.listing_id = l.id
        WHERE l.id = nullif(current_setting('hengjian.listing', true), '')::bigint
          AND a.agreed AND a.digest = l.digest AND a.by <> l.by AND l.data_class = ANY (classes)
          AND NOT EXISTS (SELECT FROM retention_report r WHERE r.listing_id = l.id))
$$;
CREATE FUNCTION retention_erased(kind text, key text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM notary_commitment c JOIN notary_erasure e ON e.commitment_id = c.id
        WHERE c.kind = $1 AND c.key = $2)
$$;
"""
NOT_ALLOWED = """
DROP FUNCTION IF EXISTS retention_listed(text[]);
DROP FUNCTION IF EXISTS retention_erased(text, text);
"""
_DOOR = """
CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_LEVEL = 'ROW' THEN
        IF retention_listed(ARRAY[{classes}]){erased} THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% on % is refused: its rows are only ever added (append-only)', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""
_WALL = """
CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: its rows are only ever added (append-only)', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""


def _door(table):
    classes, kind, key = DOORS[table]
    erased = f" AND retention_erased('{kind}', OLD.{key}::text)" if kind else ""
    named = ", ".join(f"'{one}'" for one in classes)
    return _DOOR.format(table=table, classes=named, erased=erased), _WALL.format(table=table)


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0001_initial"),
        ("notary", "0005_nights"),
        ("access", "0012_leaks"),
        ("evidence", "0003_quarantine_opinion"),
        ("panels", "0004_panels_append_only"),
        ("invitations", "0004_systems_append_only"),
        ("ballots", "0005_releaselevels"),
        ("followups", "0003_day_box"),
        ("roster", "0007_boundary_map"),
    ]
    operations = [
        *(migrations.RunSQL(*append_only(f"retention_{table}")) for table in OWN),
        migrations.RunSQL(ALLOWED, NOT_ALLOWED),
        *(migrations.RunSQL(*_door(table)) for table in DOORS),
    ]
