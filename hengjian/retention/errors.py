"""What this room refuses."""

from hengjian.terms.errors import Refused


class RetentionRefused(Refused):
    """The destruction of data is refused."""
