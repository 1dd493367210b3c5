"""What this room refuses as a whole; single marks are refused into their quarantine."""

from hengjian.terms.errors import Refused


class MarksRefused(Refused):
    """A file of marks cannot be taken in, or was taken in before."""


class MarkCorrectionRefused(Refused):
    """A corrected mark is still wrong, or may no longer be corrected."""


class PanelRefused(Refused):
    """A round, roll, link or sheet cannot be what somebody asks of it."""
