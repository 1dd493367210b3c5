"""Rows that stay, and the role of the issuing process (docs/decisions/0012)."""

from django.db import migrations

from hengjian.database.append_only import append_only
from hengjian.ratings.invitations.roles import GRANTS, NO_GRANTS, make_role

TABLES = (
    "invitations_eventbatch",
    "invitations_issuerkey",
    "invitations_serviceevent",
    "invitations_refusedevent",
    "invitations_invitation",
    "invitations_attempt",
    "invitations_delivery",
    "invitations_ending",
    "invitations_opening",
    "invitations_issue",
)


def role(_apps, schema_editor):
    make_role(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("invitations", "0001_initial")]
    operations = [
        *[migrations.RunSQL(*append_only(table)) for table in TABLES],
        migrations.RunPython(role, migrations.RunPython.noop),  # roles belong to the server: they stay
        migrations.RunSQL(GRANTS, NO_GRANTS),
    ]
