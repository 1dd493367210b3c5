"""The doors of the issuing process: the matter behind a link, one blind signature, opting out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hengjian.kiosk import form, setup
from hengjian.kiosk.desk import Desk
from hengjian.kiosk.errors import Malformed
from hengjian.kiosk.files import files
from hengjian.kiosk.guard import Needs, check_narrow
from hengjian.kiosk.web import Site, now, texts, today
from hengjian.policy.folder import PolicyFolder
from hengjian.ratings.invitations import issuing, operations
from hengjian.ratings.invitations.roles import ISSUER, READS, WRITES
from hengjian.ratings.invitations.secrets_file import RoomSecret, room_secret

NEEDS = Needs((*READS, "invitations_contact"), WRITES, ISSUER, ("invitations_contact.sealed",))
PAGES = {"/r": "rate.html"}


def application(data: Path, policy: PolicyFolder, origins: Mapping[str, str]) -> Site:
    """The process over a data folder; ``origins`` hold where the kiosk's file says none."""
    doors = Doors(policy, room_secret(data))
    given = setup.load(data / "kiosk", origins)
    return Site(
        given, files(PAGES, given.hotline), form.forms(policy, given),
        {"/issue/open": doors.open, "/issue/token": doors.token, "/issue/opt-out": doors.opt_out},
        data / "kiosk" / "public", doors.start, doors.stop,
    )  # fmt: skip


class Doors:
    """What strangers may ask of this process; each answer is sent after its commit."""

    def __init__(self, policy: PolicyFolder, room: RoomSecret) -> None:
        self._policy, self._room, self._desk = policy, room, Desk()

    async def start(self) -> None:
        """Refuse an account that could see ballots."""
        await self._desk.do(lambda: check_narrow(NEEDS))

    async def stop(self) -> None:
        """Finish what was begun."""
        self._desk.close()

    async def open(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The matter that a link is about, and the key under which its token is signed.

        Clause: SPEC B2
        """
        (secret,) = texts(body, "secret")
        offer = await self._desk.do(lambda: issuing.opened(secret, now()))
        return {
            "kind": form.kind_of(self._policy.in_force(today()), offer.kind),
            "on": offer.on.isoformat(),
            "unit": offer.unit,
            "post": offer.post,
            "half": offer.half,
            "slot": offer.slot,
            "variant": offer.variant,
            "spki": offer.spki.hex(),
            "expires_on": offer.expires_on.isoformat(),
            "issued": offer.issued,
        }

    async def token(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """One blind signature; the same message again gets the same one.

        Clause: SPEC B4
        """
        secret, blinded = texts(body, "secret", "blinded")
        try:
            message = bytes.fromhex(blinded)
        except ValueError as fault:
            raise Malformed("blinded") from fault
        signed = await self._desk.do(lambda: issuing.issue(secret, message, self._room, now()))
        return {"signature": signed.hex()}

    async def opt_out(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """No more invitations to the address of this link.

        Clause: NORMS X14
        """
        (secret,) = texts(body, "secret")
        await self._desk.do(lambda: operations.opt_out(secret, now()))
        return {"done": True}
