"""A tie is reported once and ended by a row of its own."""

from django.db import migrations

from hengjian.database.append_only import append_only

TABLES = ("roster_tie", "roster_tieending")


class Migration(migrations.Migration):
    dependencies = [("roster", "0005_ties")]
    operations = [migrations.RunSQL(*append_only(table)) for table in TABLES]
