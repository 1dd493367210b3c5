"""Exclude overlaps in the database: range types alone serve, an id being the range of one number."""

from django.db import migrations

EXCLUSIONS = {
    "zone_one_at_a_time": ("roster_zoneassignment", ["organisation_id"], ""),
    "tenure_one_holder_at_a_time": ("roster_tenure", ["post_id"], "WHERE (single_holder)"),
    "tenure_once_at_a_time": ("roster_tenure", ["official_id", "post_id"], ""),
}


def exclusion(name: str, table: str, columns: list[str], where: str) -> migrations.RunSQL:
    keys = ", ".join(f"int8range({one}, {one}, '[]') WITH &&" for one in columns)
    return migrations.RunSQL(
        f"""ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE USING gist
            ({keys}, daterange(since, until, '[]') WITH &&) {where}
            DEFERRABLE INITIALLY IMMEDIATE""",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("roster", "0001_roster")]
    operations = [
        *(exclusion(name, *rest) for name, rest in EXCLUSIONS.items()),
        # a post that becomes single-holder carries the flag to its tenures, which are checked anew
        migrations.RunSQL(
            """ALTER TABLE roster_tenure ADD CONSTRAINT tenure_single_holder_as_its_post
               FOREIGN KEY (post_id, single_holder) REFERENCES roster_post (id, single_holder)
               ON UPDATE CASCADE DEFERRABLE INITIALLY IMMEDIATE""",
            "ALTER TABLE roster_tenure DROP CONSTRAINT tenure_single_holder_as_its_post",
        ),
    ]
