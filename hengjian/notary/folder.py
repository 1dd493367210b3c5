"""The notary's files in the data folder. How far each is trusted:

log.key   Trusted with the log's name. Who steals it can sign a second log; witnesses, who remember what
          they saw, then refuse one of the two. Lost: a new log with a new name has to be begun.
trust     Says whose signatures count. Verifiers keep their own copy; a changed one deceives only us.
public/   Not trusted: verifiers check every byte against signed heads. Lost: written anew.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from hengjian.notary.errors import NotaryRefused
from hengjian.proof import notes
from hengjian.proof.errors import ProofError

PREFIX = "PRIVATE+KEY+"


@dataclass(frozen=True)
class Folder:
    """The paths."""

    root: Path

    @property
    def key(self) -> Path:
        """The log's private key."""
        return self.root / "log.key"

    @property
    def trust(self) -> Path:
        """The trust policy (C2SP tlog-policy)."""
        return self.root / "trust"

    @property
    def public(self) -> Path:
        """What any web server may serve."""
        return self.root / "public"


def in_data_folder(data: Path) -> Folder:
    """The notary's folder in a data folder."""
    return Folder(data / "notary")


def make_key(folder: Folder, name: str) -> notes.Ed25519Signer:
    """Make the log's key, readable by its owner only; a key that is there is never overwritten.

    Raises: NotaryRefused when there is one.
    """
    try:
        notes.check_name(name)
    except ProofError as fault:
        raise NotaryRefused(
            _("日志名称不合：%s") % name, do=_("例如 log.example.gov.cn/hengjian"), code="notary.name"
        ) from fault
    folder.root.mkdir(parents=True, exist_ok=True)
    seed = secrets.token_bytes(32)
    signer = notes.Ed25519Signer(name, seed)
    material = base64.b64encode(notes.ED25519 + seed).decode()
    text = f"{PREFIX}{name}+{signer.key_id.hex()}+{material}\n"
    draft = folder.root / f".log.key.{os.getpid()}"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        folder.key.hardlink_to(draft)  # whole or not at all, and never over another
    except FileExistsError as fault:
        raise NotaryRefused(
            _("日志密钥已存在，不会覆盖"),
            where=str(folder.key),
            do=_("换密钥等于另立日志，请与见证单位商定"),
            code="notary.key_exists",
        ) from fault
    finally:
        draft.unlink(missing_ok=True)
    return signer


def load_key(folder: Folder) -> notes.Ed25519Signer:
    """The log's key. Raises: NotaryRefused when there is none, or others can read it, or it is damaged."""
    try:
        text = folder.key.read_text(encoding="utf-8").strip()
        mode = folder.key.stat().st_mode
    except FileNotFoundError as fault:
        raise NotaryRefused(
            _("还没有日志密钥"),
            where=str(folder.key),
            do=_("请先运行 hengjian notary init"),
            code="notary.no_key",
        ) from fault
    if mode & 0o077:
        raise NotaryRefused(
            _("别人也能读日志密钥"), where=str(folder.key), do=_("请运行 chmod 600"), code="notary.key_open"
        )
    try:
        name, number, encoded = text.removeprefix(PREFIX).split("+", 2)
        material = notes.from_base64(encoded)
        signer = notes.Ed25519Signer(name, material.removeprefix(notes.ED25519))
    except (ProofError, ValueError) as fault:
        raise _damaged(folder) from fault
    if not text.startswith(PREFIX) or signer.key_id.hex() != number:
        raise _damaged(folder)
    return signer


def _damaged(folder: Folder) -> NotaryRefused:
    return NotaryRefused(
        _("日志密钥文件不完整"),
        where=str(folder.key),
        do=_("请用备份的密钥文件恢复"),
        code="notary.key_damaged",
    )


@dataclass(frozen=True)
class NewWitness:
    """A witness as it is named on the command line."""

    name: str
    vkey: str
    url: str


def write_trust(folder: Folder, vkey: str, witnesses: Sequence[NewWitness]) -> None:
    """Write the trust policy, when there is none yet: a majority of the witnesses, 2 of 3."""
    lines = [f"log {vkey}", ""]
    lines += [f"witness {w.name} {w.vkey} {w.url}" for w in witnesses]
    if witnesses:
        names = " ".join(w.name for w in witnesses)
        lines += [f"group witnesses {len(witnesses) // 2 + 1} {names}", "quorum witnesses"]
    else:
        lines += ["quorum none"]
    if not folder.trust.exists():
        write_whole(folder.trust, ("\n".join(lines) + "\n").encode())


def write_whole(path: Path, data: bytes, *, sync_name: bool = True) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut.

    ``sync_name``: also make its name last; whoever writes many does that once for all.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    if sync_name:
        sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder last."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def fingerprint(vkey: str) -> str:
    """What two people compare when they hand over a key."""
    return hashlib.sha256(vkey.encode()).hexdigest()[:32]
