from django.db import migrations

from hengjian.database.append_only import append_only

TABLES = (
    "panels_markbatch",
    "panels_mark",
    "panels_refusedmark",
    "panels_refusedmarkdecision",
)


class Migration(migrations.Migration):
    dependencies = [("panels", "0001_initial")]
    operations = [migrations.RunSQL(*append_only(table)) for table in TABLES]
