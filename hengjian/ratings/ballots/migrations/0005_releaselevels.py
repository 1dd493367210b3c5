"""The national five levels are kept with each release, as they were told."""

import django.db.models.deletion
from django.db import migrations, models

from hengjian.database.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("ballots", "0004_arrivals")]

    operations = [
        migrations.CreateModel(
            name="ReleaseLevels",
            fields=[
                (
                    "release",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="levels",
                        serialize=False,
                        to="ballots.release",
                        verbose_name="评价公布",
                    ),
                ),
                ("cells", models.JSONField(default=dict, verbose_name="各级人次")),
            ],
            options={"verbose_name": "评价五级"},
        ),
        migrations.RunSQL(*append_only("ballots_releaselevels")),
    ]
