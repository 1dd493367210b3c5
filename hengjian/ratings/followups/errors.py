"""What this room refuses."""

from hengjian.terms.errors import Refused


class FollowupRefused(Refused):
    """A step that the case's state does not allow, or a form that lacks something; nothing was stored."""
