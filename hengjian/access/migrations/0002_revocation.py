"""A revocation becomes a row of its own, so that a grant is never changed."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hengjian.database.append_only import append_only


def _move(apps: Any, _editor: Any) -> None:
    revocations = apps.get_model("access", "Revocation").objects
    for grant in apps.get_model("access", "Grant").objects.filter(revoked_by__isnull=False):
        revocations.create(
            grant=grant, on=grant.ends_on, by_id=grant.revoked_by_id, reason=grant.revoked_reason
        )


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Revocation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField(verbose_name="撤销日")),
                ("reason", models.CharField(max_length=500, verbose_name="撤销理由")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="撤销人",
                    ),
                ),
                (
                    "grant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revocation",
                        to="access.grant",
                        verbose_name="授权",
                    ),
                ),
            ],
            options={
                "verbose_name": "撤销授权",
                "verbose_name_plural": "撤销授权",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="revocation_has_reason"
                    )
                ],
            },
        ),
        migrations.RunPython(_move, migrations.RunPython.noop),
        # the rows moved still have checks to run at the end: a table with those cannot be altered
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveConstraint("grant", "grant_revoked_with_reason"),
        migrations.RemoveField("grant", "revoked_by"),
        migrations.RemoveField("grant", "revoked_reason"),
        migrations.RunSQL(*append_only("access_grant")),
        migrations.RunSQL(*append_only("access_revocation")),
    ]
