"""What raters leave of themselves arrives in a table of the day (docs/decisions/0016)."""

import uuid

from django.db import migrations, models
from django.db.models import Q

from hengjian.ratings.followups.role import narrowed

# What has come in goes on, and never changes on the way; of a ballot there is one contact, for ever.
GUARDS = """
CREATE FUNCTION followups_daybox_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT 1 FROM followups_sealed WHERE id = OLD.id) OR OLD."left" = 'contact' AND EXISTS (
            SELECT 1 FROM followups_sealed WHERE "left" = 'contact' AND ballot = OLD.ballot)
        THEN RETURN OLD; END IF;
    END IF;
    RAISE EXCEPTION '% on followups_daybox is refused: what came in goes on only', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER followups_daybox_rows_stay BEFORE UPDATE OR DELETE ON followups_daybox
    FOR EACH ROW EXECUTE FUNCTION followups_daybox_stays();
CREATE TRIGGER followups_daybox_table_stays BEFORE TRUNCATE ON followups_daybox
    FOR EACH STATEMENT EXECUTE FUNCTION followups_daybox_stays();

-- Whoever adds reads nothing of this room, so the table itself looks.
CREATE FUNCTION followups_daybox_once() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW."left" = 'contact' AND EXISTS (
        SELECT 1 FROM followups_sealed WHERE "left" = 'contact' AND ballot = NEW.ballot
    ) THEN
        RAISE EXCEPTION 'daybox_one_contact_for_a_ballot' USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION followups_daybox_once() FROM PUBLIC;
CREATE TRIGGER followups_daybox_contact_once BEFORE INSERT ON followups_daybox
    FOR EACH ROW EXECUTE FUNCTION followups_daybox_once();
"""
UNDO = """
DROP TRIGGER IF EXISTS followups_daybox_contact_once ON followups_daybox;
DROP FUNCTION IF EXISTS followups_daybox_once();
DROP TRIGGER IF EXISTS followups_daybox_table_stays ON followups_daybox;
DROP TRIGGER IF EXISTS followups_daybox_rows_stay ON followups_daybox;
DROP FUNCTION IF EXISTS followups_daybox_stays();
"""
LEFT = ("contact", "inducement", "retaliation")


class Migration(migrations.Migration):
    dependencies = [("followups", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="DayBox",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "left",
                    models.CharField(
                        choices=[
                            ("contact", "联系方式"),
                            ("inducement", "诱导或干扰评价"),
                            ("retaliation", "打击报复"),
                        ],
                        max_length=12,
                        verbose_name="种类",
                    ),
                ),
                ("ballot", models.UUIDField(null=True, verbose_name="评价票")),
                (
                    "key",
                    models.CharField(
                        blank=True, db_collation="C", default="", max_length=64, verbose_name="接收公钥"
                    ),
                ),
                ("box", models.BinaryField(verbose_name="密封内容")),
                ("on", models.DateField(verbose_name="日期")),
                ("due_on", models.DateField(null=True, verbose_name="期限")),
            ],
            options={
                "verbose_name": "当日封存件",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(left__in=LEFT) & ~Q(box=b""), name="daybox_kind_known_and_not_empty"
                    ),
                    models.CheckConstraint(
                        condition=~Q(left="contact") | Q(ballot__isnull=False),
                        name="daybox_contact_of_a_ballot",
                    ),
                    models.UniqueConstraint(
                        condition=Q(left="contact"), fields=("ballot",), name="daybox_one_contact_for_a_ballot"
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARDS, UNDO),
        migrations.RunSQL(*narrowed()),
    ]
