"""What the notary refuses, and where it stops."""

from hengjian.terms.errors import Refused, Tampered


class NotaryRefused(Refused):
    """The log cannot do this now; nothing was changed."""


class LogTampered(Tampered):
    """What is stored contradicts what was signed, published or witnessed. The sequencer stops."""
