"""A lock that anybody can shut and one key opens: what raters leave of themselves, and what they report.

X25519 with a key of its own for each box, HKDF-SHA256, AES-256-GCM bound to what the box is about. The page
that takes ballots in has the public half alone (``followups/contacts.pub``): it cannot open what it shut a
moment ago. The private half (``followups/contacts.key``, mode 0600) is the console's. Who steals it alone has
nothing; with the database besides he reads what has not been erased. Lost: what was sealed stays shut, and
raters are answered by receipt alone.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.utils.translation import gettext as _

from hengjian.ratings.followups.errors import FollowupRefused

LENGTH = 32
_NONCE = bytes(12)  # each box has a key of its own
_SECRET, _PUBLIC = "contacts.key", "contacts.pub"


@dataclass(frozen=True)
class Lock:
    """The public half: shuts."""

    value: bytes

    def shut(self, text: str, about: str) -> bytes:
        """Seal a text; ``about`` binds it to what it was left for.

        Clause: NORMS L8
        """
        own = X25519PrivateKey.generate()
        point = own.public_key().public_bytes_raw()
        shared = own.exchange(X25519PublicKey.from_public_bytes(self.value))
        return point + _cipher(shared, point + self.value).encrypt(_NONCE, text.encode(), about.encode())


@dataclass(frozen=True)
class Key:
    """The private half: opens."""

    value: bytes = field(repr=False)

    @property
    def lock(self) -> Lock:
        """The half that may be given away."""
        return Lock(X25519PrivateKey.from_private_bytes(self.value).public_key().public_bytes_raw())

    def open(self, box: bytes, about: str) -> str:
        """Open a box.

        Clause: NORMS L8
        Raises: FollowupRefused when it was shut for another key or about something else.
        """
        point, rest = box[:LENGTH], box[LENGTH:]
        try:
            shared = X25519PrivateKey.from_private_bytes(self.value).exchange(
                X25519PublicKey.from_public_bytes(point)
            )
            return _cipher(shared, point + self.lock.value).decrypt(_NONCE, rest, about.encode()).decode()
        except (InvalidTag, ValueError) as fault:
            raise FollowupRefused(
                _("封存内容打不开：密钥文件不是写入时的那一个"),
                do=_("请从备份恢复数据目录中的 followups/contacts.key"),
                code="followups.key",
            ) from fault


def _cipher(shared: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), LENGTH, salt, b"hengjian.followups box 1").derive(shared))


def key_of(data: Path) -> Key:
    """The key of a data folder; made on first use, readable by its owner only.

    Raises: FollowupRefused when the file is damaged.
    """
    path = data / "followups" / _SECRET
    if not path.exists():
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        _written(path, X25519PrivateKey.generate().private_bytes_raw(), 0o600)
    key = Key(_read(path))
    public = path.with_name(_PUBLIC)
    if not public.exists():
        _written(public, key.lock.value, 0o644)
    return key


def lock_of(data: Path) -> Lock:
    """The public half of a data folder, for a process that must not open what it shuts.

    Raises: FollowupRefused when the console has not made it yet, or it is damaged.
    """
    path = data / "followups" / _PUBLIC
    if not path.exists():
        raise FollowupRefused(
            _("还没有封存联系方式的公钥"), where=str(path), do=_("请运行 hengjian kiosk init"),
            code="followups.no_key",
        )  # fmt: skip
    return Lock(_read(path))


def _written(path: Path, value: bytes, mode: int) -> None:
    """Durable, whole or not at all; whoever comes second keeps the first one's."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(value.hex().encode())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        beside.unlink()


def _read(path: Path) -> bytes:
    try:
        value = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError:
        value = b""
    if len(value) != LENGTH:
        raise FollowupRefused(
            _("密钥文件已损坏"), where=str(path), do=_("请从备份恢复这个文件"), code="followups.key"
        )
    return value
