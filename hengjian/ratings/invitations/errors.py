"""What this room refuses as a whole; single rows of events are refused into their quarantine."""

from hengjian.terms.errors import Refused


class EventsRefused(Refused):
    """A file of events cannot be taken in."""


class InvitationRefused(Refused):
    """An invitation is unknown, expired, or its token was issued already."""


class ChannelsRefused(Refused):
    """The channels' file cannot be used."""


class SystemRefused(Refused):
    """A system of record cannot be registered, or its delivery not be taken."""


class KeyUnknown(Refused):
    """No system of record holds this key."""
