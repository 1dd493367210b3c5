"""Who imported what, and what was changed by it, is written once."""

from django.db import migrations

from hengjian.database.append_only import append_only

TABLES = ("roster_importbatch", "roster_change")


class Migration(migrations.Migration):
    dependencies = [("roster", "0003_row_security")]
    operations = [migrations.RunSQL(*append_only(table)) for table in TABLES]
