"""One after the other: what opens cases or reports looks first and writes then."""

from django.db import connection


def in_turn(what: str) -> None:
    """Wait until nobody else is at it, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"hengjian.followups.{what}"])
