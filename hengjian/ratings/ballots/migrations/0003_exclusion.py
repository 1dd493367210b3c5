"""A ballot may be left out of the count, by two people with a reason; nothing of that is changed or removed."""

import django.db.models.deletion
from django.db import migrations, models

from hengjian.database.append_only import append_only
from hengjian.ratings.ballots.role import REDEEMER

READS = (
    f'GRANT SELECT (ballot_id, reason, "on") ON ballots_exclusion TO {REDEEMER}',
    f"REVOKE ALL ON ballots_exclusion FROM {REDEEMER}",
)


class Migration(migrations.Migration):
    dependencies = [("ballots", "0002_append_only_and_redeemer")]

    operations = [
        migrations.CreateModel(
            name="Exclusion",
            fields=[
                (
                    "ballot",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="exclusion",
                        serialize=False,
                        to="ballots.ballot",
                        verbose_name="评价票",
                    ),
                ),
                ("reason", models.CharField(max_length=400, verbose_name="理由")),
                ("by", models.CharField(max_length=64, verbose_name="决定人")),
                ("second", models.CharField(max_length=64, verbose_name="复核人")),
                ("on", models.DateField(verbose_name="日期")),
            ],
            options={
                "verbose_name": "不计入的票",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="exclusion_has_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("by", ""), _negated=True),
                            models.Q(("second", ""), _negated=True),
                            models.Q(("by", models.F("second")), _negated=True),
                        ),
                        name="exclusion_by_two_people",
                    ),
                ],
            },
        ),
        migrations.RunSQL(*append_only("ballots_exclusion")),
        migrations.RunSQL(*READS),
    ]
