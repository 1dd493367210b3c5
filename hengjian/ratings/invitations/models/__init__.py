"""This room's tables: who was asked, and which systems of record may hand events over."""

from hengjian.ratings.invitations.models.asked import (
    HANDED,
    UNSENT,
    Attempt,
    ChannelName,
    Contact,
    Delivery,
    Ending,
    EndReason,
    EventBatch,
    Invitation,
    Issue,
    IssuerKey,
    IssuerSecret,
    Opening,
    OptOut,
    RefusedEvent,
    ServiceEvent,
)
from hengjian.ratings.invitations.models.systems import KeyRevocation, RecordSystem, SystemKey, SystemReceipt

__all__ = [
    "HANDED", "UNSENT", "Attempt", "ChannelName", "Contact", "Delivery", "EndReason", "Ending",
    "EventBatch", "Invitation", "Issue", "IssuerKey", "IssuerSecret", "KeyRevocation", "Opening", "OptOut",
    "RecordSystem", "RefusedEvent", "ServiceEvent", "SystemKey", "SystemReceipt",
]  # fmt: skip
