"""What this room refuses as a whole; single rows are refused by :mod:`hengjian.evidence.faults`."""

from hengjian.terms.errors import Refused


class FeedError(Refused):
    """A feed's declaration is wrong; ``where`` is its file and line."""

    exit_code = 4


class FileRefused(Refused):
    """A file cannot be read as its feed declares it; nothing of it was admitted."""


class CorrectionRefused(Refused):
    """A corrected row is still wrong, or may no longer be corrected."""
