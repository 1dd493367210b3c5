import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from hengjian.database.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("evidence", "0002_append_only")]
    operations = [
        migrations.CreateModel(
            name="QuarantineOpinion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "found",
                    models.CharField(
                        choices=[("holds", "记录属实"), ("fails", "记录不实"), ("unclear", "无法核实")],
                        max_length=10,
                        verbose_name="核查结论",
                    ),
                ),
                ("text", models.CharField(max_length=400, verbose_name="核查情况")),
                ("by", models.CharField(max_length=64, verbose_name="核查人")),
                ("at", models.DateTimeField(verbose_name="核查时间")),
                (
                    "quarantined",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opinions",
                        to="evidence.quarantined",
                        verbose_name="待核记录",
                    ),
                ),
            ],
            options={
                "verbose_name": "核查意见",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(found__in=["holds", "fails", "unclear"]), name="opinion_finding_known"
                    ),
                    models.CheckConstraint(
                        condition=Q(Q(("by", ""), _negated=True), Q(("text", ""), _negated=True)),
                        name="opinion_has_author_and_text",
                    ),
                ],
            },
        ),
        migrations.RunSQL(*append_only("evidence_quarantineopinion")),
    ]
