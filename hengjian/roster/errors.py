"""What this room refuses as a whole; single cells are refused in an import report."""

from hengjian.terms.errors import Refused


class FileRefused(Refused):
    """A spreadsheet cannot be read at all: wrong kind, disguised, too large, damaged."""


class RosterRefused(Refused):
    """A change of the roster contradicts what is on record."""
