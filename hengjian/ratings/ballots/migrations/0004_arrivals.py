"""Ballots arrive in a table of the day, and the night puts them into the box (docs/decisions/0013)."""

import uuid

import django.contrib.postgres.fields
from django.db import migrations, models

from hengjian.ratings.ballots.role import narrowed

# What has come in goes only into the box, and never changes on the way.
GUARDS = """
ALTER TABLE ballots_arrival ADD CONSTRAINT arrival_digests_are_sha256
    CHECK (octet_length(digest) = 32 AND octet_length(key) = 32 AND octet_length(receipt) = 32);

CREATE FUNCTION ballots_arrival_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT 1 FROM ballots_ballot WHERE id = OLD.id)
            OR EXISTS (SELECT 1 FROM ballots_setaside WHERE id = OLD.id)
            OR EXISTS (SELECT 1 FROM ballots_reply WHERE id = OLD.id)
        THEN RETURN OLD; END IF;
    END IF;
    RAISE EXCEPTION '% on % is refused: what came in goes into the box only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ballots_arrival_rows_stay BEFORE UPDATE OR DELETE ON ballots_arrival
    FOR EACH ROW EXECUTE FUNCTION ballots_arrival_stays();
CREATE TRIGGER ballots_arrival_table_stays BEFORE TRUNCATE ON ballots_arrival
    FOR EACH STATEMENT EXECUTE FUNCTION ballots_ballot_append_only();
CREATE TRIGGER ballots_arrivalnote_rows_stay BEFORE UPDATE OR DELETE ON ballots_arrivalnote
    FOR EACH ROW EXECUTE FUNCTION ballots_arrival_stays();
CREATE TRIGGER ballots_arrivalnote_table_stays BEFORE TRUNCATE ON ballots_arrivalnote
    FOR EACH STATEMENT EXECUTE FUNCTION ballots_ballot_append_only();

-- Where a ballot's leaf is noted, without the other rooms' leaves.
CREATE FUNCTION ballots_leaf(ballot uuid) RETURNS TABLE (number int8, entry bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.id, c.entry FROM notary_commitment c WHERE c.kind = 'ballots.ballot' AND c.key = ballot::text
$$;
REVOKE ALL ON FUNCTION ballots_leaf(uuid) FROM PUBLIC;
"""
UNDO = """
DROP FUNCTION IF EXISTS ballots_leaf(uuid);
DROP TRIGGER IF EXISTS ballots_arrivalnote_table_stays ON ballots_arrivalnote;
DROP TRIGGER IF EXISTS ballots_arrivalnote_rows_stay ON ballots_arrivalnote;
DROP TRIGGER IF EXISTS ballots_arrival_table_stays ON ballots_arrival;
DROP TRIGGER IF EXISTS ballots_arrival_rows_stay ON ballots_arrival;
DROP FUNCTION IF EXISTS ballots_arrival_stays();
ALTER TABLE ballots_arrival DROP CONSTRAINT IF EXISTS arrival_digests_are_sha256;
"""


class Migration(migrations.Migration):
    dependencies = [("ballots", "0003_exclusion")]

    operations = [
        migrations.CreateModel(
            name="Arrival",
            fields=[
                (
                    "digest",
                    models.BinaryField(primary_key=True, serialize=False, verbose_name="凭证摘要"),
                ),
                ("id", models.UUIDField(verbose_name="票号")),
                ("key", models.BinaryField(verbose_name="接收公钥")),
                ("receipt", models.BinaryField(verbose_name="回执摘要")),
                ("mark", models.PositiveSmallIntegerField(verbose_name="评分")),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        default=list,
                        size=None,
                        verbose_name="标签",
                    ),
                ),
                (
                    "comment",
                    models.CharField(blank=True, default="", max_length=2000, verbose_name="意见"),
                ),
                (
                    "how",
                    models.CharField(
                        choices=[("self", "本人填写"), ("assisted", "协助填写")],
                        max_length=8,
                        verbose_name="填写方式",
                    ),
                ),
                ("on", models.DateField(verbose_name="日期")),
                ("supersedes", models.UUIDField(null=True, verbose_name="修改前的票")),
            ],
            options={"verbose_name": "当日来票"},
        ),
        migrations.CreateModel(
            name="ArrivalNote",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "what",
                    models.CharField(
                        choices=[("answer", "评价人的回复"), ("flaw", "存不下的票")],
                        max_length=6,
                        verbose_name="种类",
                    ),
                ),
                ("ballot", models.UUIDField(null=True, verbose_name="评价票")),
                ("text", models.TextField(verbose_name="内容")),
                (
                    "reason",
                    models.CharField(blank=True, default="", max_length=400, verbose_name="原因"),
                ),
                ("on", models.DateField(verbose_name="日期")),
            ],
            options={"verbose_name": "当日来件"},
        ),
        migrations.RemoveIndex(model_name="ballot", name="ballot_by_receipt"),
        migrations.AddIndex(
            model_name="ballot",
            index=models.Index(
                condition=models.Q(("supersedes__isnull", False)),
                fields=["receipt"],
                name="ballot_amended_by_receipt",
            ),
        ),
        migrations.AddConstraint(
            model_name="ballot",
            constraint=models.UniqueConstraint(
                condition=models.Q(("supersedes__isnull", True)),
                fields=("receipt",),
                name="ballot_receipt_once",
            ),
        ),
        migrations.AddIndex(
            model_name="arrival",
            index=models.Index(
                condition=models.Q(("supersedes__isnull", False)),
                fields=["receipt"],
                name="arrival_amended_by_receipt",
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(
                condition=models.Q(("mark__gte", 1), ("mark__lte", 10)), name="arrival_mark_on_scale"
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.CheckConstraint(
                condition=models.Q(("how__in", ["self", "assisted"])), name="arrival_how_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.UniqueConstraint(
                condition=models.Q(("supersedes__isnull", True)),
                fields=("receipt",),
                name="arrival_receipt_once",
            ),
        ),
        migrations.AddIndex(
            model_name="arrivalnote",
            index=models.Index(fields=["ballot"], name="arrivalnote_by_ballot"),
        ),
        migrations.AddConstraint(
            model_name="arrivalnote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ballot__isnull", False),
                        ("reason", ""),
                        ("what", "answer"),
                        models.Q(("text", ""), _negated=True),
                    ),
                    models.Q(
                        ("ballot__isnull", True), ("what", "flaw"), models.Q(("reason", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="arrivalnote_answer_or_flaw",
            ),
        ),
        migrations.RunSQL(GUARDS, UNDO),
        migrations.RunSQL(*narrowed()),
    ]
