"""Nothing here is changed or removed, but that what is sealed may be emptied; what the redeemer may add."""

from django.db import migrations

from hengjian.database.append_only import append_only
from hengjian.ratings.followups.role import rights

TABLES = ("case", "step", "reminder", "look", "contest", "flag", "opinion", "ruling", "report", "reportstep")
EMPTIED_ONLY = """
CREATE FUNCTION followups_sealed_emptied_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.erased_on IS NULL AND NEW.erased_on IS NOT NULL AND NEW.box = ''
       AND (NEW.id, NEW."left", NEW.ballot, NEW.key, NEW."on", NEW.due_on)
           IS NOT DISTINCT FROM (OLD.id, OLD."left", OLD.ballot, OLD.key, OLD."on", OLD.due_on) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on followups_sealed is refused: what is sealed is emptied, once, and nothing else', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER followups_sealed_rows_stay BEFORE UPDATE OR DELETE ON followups_sealed
    FOR EACH ROW EXECUTE FUNCTION followups_sealed_emptied_only();
CREATE TRIGGER followups_sealed_table_stays BEFORE TRUNCATE ON followups_sealed
    FOR EACH STATEMENT EXECUTE FUNCTION followups_sealed_emptied_only();
"""
NOT_EMPTIED_ONLY = """
DROP TRIGGER followups_sealed_rows_stay ON followups_sealed;
DROP TRIGGER followups_sealed_table_stays ON followups_sealed;
DROP FUNCTION followups_sealed_emptied_only();
"""


class Migration(migrations.Migration):
    dependencies = [("followups", "0001_initial"), ("ballots", "0003_exclusion")]
    operations = [
        *(migrations.RunSQL(*append_only(f"followups_{table}")) for table in TABLES),
        migrations.RunSQL(EMPTIED_ONLY, NOT_EMPTIED_ONLY),
        migrations.RunSQL(*rights()),
    ]
