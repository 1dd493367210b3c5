"""The files of attachments, and who took them, may go by an approved list; title, version and digest stay."""

from importlib import import_module

from django.db import migrations

GUARDS = import_module("hengjian.retention.migrations.0002_guards")
DOORS = {
    "desk_storedfile": (("attachments",), "", ""),
    "desk_fetch": (("attachments",), "desk.fetch", "id"),
}


def _door(table):
    classes, kind, key = DOORS[table]
    erased = f" AND retention_erased('{kind}', OLD.{key}::text)" if kind else ""
    named = ", ".join(f"'{one}'" for one in classes)
    return GUARDS._DOOR.format(table=table, classes=named, erased=erased), GUARDS._WALL.format(table=table)


class Migration(migrations.Migration):
    dependencies = [("retention", "0002_guards"), ("desk", "0003_attachments")]
    operations = [migrations.RunSQL(*_door(table)) for table in DOORS]
