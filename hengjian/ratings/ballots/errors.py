"""What this room refuses. None of the messages says more than the sender knew."""

from typing import ClassVar

from hengjian.terms.errors import Refused


class KeyRefused(Refused):
    """A public key cannot be accepted for this post and half-year."""


class BallotRefused(Refused):
    """A token or a ballot does not hold; nothing was stored."""


class ReceiptRefused(Refused):
    """No ballot stands behind this receipt, or its window is over."""


class Busy(Refused):
    """More ballots wait than can be stored soon; nothing was stored."""

    http_status: ClassVar[int] = 503
