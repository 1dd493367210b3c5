"""Systems of record, their keys and receipts: rows that stay."""

from django.db import migrations

from hengjian.database.append_only import append_only

TABLES = (
    "invitations_recordsystem",
    "invitations_systemkey",
    "invitations_keyrevocation",
    "invitations_systemreceipt",
)


class Migration(migrations.Migration):
    dependencies = [("invitations", "0003_systems")]
    operations = [migrations.RunSQL(*append_only(table)) for table in TABLES]
