"""The database that the program runs on: an embedded PostgreSQL, or any other by ``DATABASE_URL``.

The binaries come from a wheel; supervision is ours. Several programs share one server of a data folder:
each holds a shared lock while it lives, and a small keeper process waits for the exclusive lock. The
kernel drops a dead program's lock, so the keeper stops the server after the last program however that
ended; and the kernel stops the server when the keeper dies.
"""

from hengjian.database.address import database_url, django_database
from hengjian.database.folder import data_folder
from hengjian.database.server import EmbeddedServer

__all__ = ["EmbeddedServer", "data_folder", "database_url", "django_database"]
