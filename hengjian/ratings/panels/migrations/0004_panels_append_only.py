"""What was drawn up, signed, handed out and handed in stays; a signed roll takes no further member."""

from django.db import migrations

from hengjian.database.append_only import append_only

TABLES = (
    "round", "roundclosing", "outsider", "roll", "rollsignature", "asked", "member", "withdrawal",
    "declaration", "link", "linkopening", "linkrevocation", "tokenkey", "voucher", "tokenissue",
    "signedsheet", "blindsheet",
)  # fmt: skip

FIXED = """
CREATE FUNCTION panels_signed_roll_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM panels_roll WHERE id = NEW.roll_id FOR KEY SHARE;
    IF EXISTS (SELECT FROM panels_rollsignature WHERE roll_id = NEW.roll_id) THEN
        RAISE EXCEPTION 'roll % is signed: it takes no further member', NEW.roll_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'member_only_before_signature';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER member_only_before_signature BEFORE INSERT ON panels_member
    FOR EACH ROW EXECUTE FUNCTION panels_signed_roll_is_fixed();
"""
FREE = """
DROP TRIGGER member_only_before_signature ON panels_member;
DROP FUNCTION panels_signed_roll_is_fixed();
"""


class Migration(migrations.Migration):
    dependencies = [("panels", "0003_panels")]
    operations = [
        *(migrations.RunSQL(*append_only(f"panels_{table}")) for table in TABLES),
        migrations.RunSQL(FIXED, FREE),
    ]
