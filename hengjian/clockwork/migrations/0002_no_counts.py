"""What the nights did is no longer kept in numbers: they were those of the low marks of the day before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clockwork", "0001_runs")]

    operations = [
        migrations.RunSQL(
            "UPDATE clockwork_run SET said = '{}' WHERE duty IN ('ballots', 'followups', 'reconcile')",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=~models.Q(duty__in=("ballots", "followups", "night")) | models.Q(said={}),
                name="run_says_no_count_of_marks",
            ),
        ),
    ]
