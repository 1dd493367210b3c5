"""Results and audit entries are written once; a cycle's state changes only along the table."""

from django.db import migrations

from hengjian.database.append_only import append_only

APPEND_ONLY = (
    "cycles_auditentry",
    "cycles_adjustment",
    "cycles_notapplicable",
    "cycles_storedpolicy",
    "cycles_storedsnapshot",
    "cycles_storedsheet",
    "cycles_publication",
)

MOVE = """
CREATE FUNCTION cycles_check_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION '% on % is refused: a cycle is never removed', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'open' AND
        (OLD.id, OLD.title, OLD.period, OLD.policy, OLD."on", OLD.cut_off, OLD.organisations,
         OLD.levels, OLD.synthetic, OLD.supersedes_id) IS DISTINCT FROM
        (NEW.id, NEW.title, NEW.period, NEW.policy, NEW."on", NEW.cut_off, NEW.organisations,
         NEW.levels, NEW.synthetic, NEW.supersedes_id) THEN
        RAISE EXCEPTION 'cycle % is no longer open: its terms cannot change', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('open', 'frozen'), ('frozen', 'open'), ('frozen', 'scored'), ('scored', 'reviewed'),
        ('reviewed', 'published'), ('scored', 'superseded'), ('reviewed', 'superseded'),
        ('published', 'superseded')) THEN
        RAISE EXCEPTION 'cycle %: % to % is not an allowed transition', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cycles_cycle_moves BEFORE UPDATE OR DELETE ON cycles_cycle
    FOR EACH ROW EXECUTE FUNCTION cycles_check_move();
CREATE TRIGGER cycles_cycle_stays BEFORE TRUNCATE ON cycles_cycle
    FOR EACH STATEMENT EXECUTE FUNCTION cycles_check_move();
ALTER TABLE cycles_cycle ENABLE ALWAYS TRIGGER cycles_cycle_moves;
ALTER TABLE cycles_cycle ENABLE ALWAYS TRIGGER cycles_cycle_stays;
"""

UNMOVE = """
DROP TRIGGER cycles_cycle_moves ON cycles_cycle;
DROP TRIGGER cycles_cycle_stays ON cycles_cycle;
DROP FUNCTION cycles_check_move();
"""


class Migration(migrations.Migration):
    dependencies = [("cycles", "0001_initial")]

    operations = [
        migrations.RunSQL(MOVE, UNMOVE),
        *[migrations.RunSQL(*append_only(table)) for table in APPEND_ONLY],
    ]
