from django.db import migrations

from hengjian.database.append_only import append_only

TABLES = (
    "evidence_feedversion",
    "evidence_batch",
    "evidence_metric",
    "evidence_case",
    "evidence_project",
    "evidence_quarantined",
    "evidence_quarantinedecision",
)


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_initial")]
    operations = [migrations.RunSQL(*append_only(table)) for table in TABLES]
