"""Nothing here is changed or removed; and the role under which ballots come in (docs/decisions/0013)."""

from django.db import migrations

from hengjian.database.append_only import append_only
from hengjian.ratings.ballots.role import make_role, rights

TABLES = (
    "ballots_acceptedkey",
    "ballots_ballot",
    "ballots_setaside",
    "ballots_reply",
    "ballots_due",
    "ballots_release",
)


def role(_apps, schema_editor):
    make_role(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("ballots", "0001_initial"), ("notary", "0003_anchors")]
    operations = [
        *(migrations.RunSQL(*append_only(table)) for table in TABLES),
        migrations.RunPython(role, migrations.RunPython.noop),  # roles belong to the server: they stay
        migrations.RunSQL(*rights()),
    ]
