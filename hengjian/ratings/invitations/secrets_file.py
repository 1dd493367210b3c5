"""The room's one secret, from which four others are derived.

``invitations/secret`` in the data folder, mode 0600. Trusted with: the seal of contacts, the seal of the
issuers' private keys, the keys of persons. Who steals it alone has nothing; with the database besides he
reads the contacts that still wait and can sign tokens. Lost: contacts that wait are listed as failed,
new issuer keys have to be made. It is kept outside of the database so that a dump alone opens nothing.
"""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext as _

from hengjian.ratings.invitations.errors import InvitationRefused

LENGTH = 32
_NONCE = 12


@dataclass(frozen=True)
class RoomSecret:
    """The secret and what it makes."""

    value: bytes = field(repr=False)

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self.value, b"hengjian.invitations " + purpose.encode(), "sha256")

    @property
    def passphrase(self) -> bytes:
        """What seals the issuers' private keys."""
        return self._derived("issuer keys").hex().encode()

    def person_key(self, person: str, half: str) -> str:
        """A person's key for the caps; another one in each half-year, so that halves do not join."""
        return hmac.digest(self._derived(f"persons {half}"), person.encode(), "sha256").hex()

    def address_key(self, address: str) -> str:
        """An address on the opt-out list."""
        return hmac.digest(self._derived("addresses"), address.encode(), "sha256").hex()

    def seal(self, text: str, about: str) -> bytes:
        """Seal a contact; ``about`` binds it to its invitation."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = AESGCM(self._derived("contacts")).encrypt(nonce, text.encode(), about.encode())
        return nonce + sealed

    def open(self, sealed: bytes, about: str) -> str:
        """Open a contact. Raises: InvitationRefused when the secret is another one."""
        try:
            box = AESGCM(self._derived("contacts"))
            return box.decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode()).decode()
        except InvalidTag as fault:
            raise InvitationRefused(
                _("联系方式打不开：密钥文件不是写入时的那一个"),
                do=_("请恢复数据目录中的 invitations/secret"),
                code="invitations.secret",
            ) from fault


def room_secret(data: Path) -> RoomSecret:
    """The secret of a data folder; made on first use, readable by its owner only.

    Raises: InvitationRefused when the file is damaged.
    """
    path = data / "invitations" / "secret"
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".secret.{os.getpid()}")
    if not path.exists():
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(LENGTH).hex().encode())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(beside, path)  # whoever comes second keeps the first one's
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    try:
        value = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError:
        value = b""
    if len(value) != LENGTH:
        raise InvitationRefused(
            _("密钥文件已损坏"), where=str(path), do=_("请从备份恢复这个文件"), code="invitations.secret"
        )
    return RoomSecret(value)


def hash_of(secret: str) -> str:
    """What is kept of an invitation's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
