"""The notary's files in the data folder. How far each is trusted:

log.key   Trusted with the log's name. Who steals it can sign a second log; witnesses, who remember what
          they saw, then refuse one of the two. Lost: a new log with a new name has to be begun.
log.sm2.key  As log.key, for the second signature line (SM2 with SM3); alone it convinces those only whose
          trust policy names it.
trust     Says whose signatures count. Verifiers keep their own copy; a changed one deceives only us.
public/   Not trusted: verifiers check every byte against signed heads. Lost: written anew.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from django.utils.translation import gettext as _

from hengjian.notary.errors import NotaryRefused
from hengjian.proof import notes, sm
from hengjian.proof.errors import ProofError
from hengjian.proof.trust import parse
from hengjian.terms.secret_files import others_may_read, write_new

PREFIX = "PRIVATE+KEY+"
S = TypeVar("S", bound=notes.Signer)


@dataclass(frozen=True)
class Folder:
    """The paths."""

    root: Path

    @property
    def key(self) -> Path:
        """The log's private key."""
        return self.root / "log.key"

    @property
    def sm2_key(self) -> Path:
        """The log's second private key, of the Chinese ciphers; not every log has one."""
        return self.root / "log.sm2.key"

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
    seed = secrets.token_bytes(32)
    signer = notes.Ed25519Signer(name, seed)
    _write_key(folder.key, signer, notes.ED25519 + seed)
    return signer


def load_key(folder: Folder) -> notes.Ed25519Signer:
    """The log's key. Raises: NotaryRefused when there is none, or others can read it, or it is damaged."""
    if not folder.key.exists():
        raise NotaryRefused(
            _("还没有日志密钥"),
            where=str(folder.key),
            do=_("请先运行 hengjian notary init"),
            code="notary.no_key",
        )
    return _read_key(folder.key, notes.ED25519, notes.Ed25519Signer)


def make_sm2_key(folder: Folder) -> sm.Sm2Signer:
    """Make the log's second key, of the Chinese ciphers, under the same name; never over another.

    Raises: NotaryRefused when there is one, the log has no first key, or the system has no SM2.
    """
    name = load_key(folder).name
    while not sm.is_secret(number := secrets.token_bytes(32)):
        pass
    signer = _sm2(name, number)
    _write_key(folder.sm2_key, signer, sm.SM2 + number)
    return signer


def load_sm2_key(folder: Folder) -> sm.Sm2Signer:
    """The log's SM2 key. Raises: NotaryRefused as for the first one, and where the system has no SM2."""
    return _read_key(folder.sm2_key, sm.SM2, _sm2)


def signers(folder: Folder) -> list[notes.Signer]:
    """The log's own keys: the first, and the one of the Chinese ciphers where it was made."""
    second: list[notes.Signer] = [load_sm2_key(folder)] if folder.sm2_key.exists() else []
    return [load_key(folder), *second]


def _sm2(name: str, secret: bytes) -> sm.Sm2Signer:
    try:
        return sm.Sm2Signer(name, secret)
    except ProofError as fault:
        raise NotaryRefused(
            _("不能用 SM2 签名：%s") % fault.what,
            do=_("请安装带国密算法的 OpenSSL 3（libcrypto.so.3）"),
            code="notary.sm2",
        ) from fault


def _write_key(path: Path, signer: notes.Signer, material: bytes) -> None:
    text = f"{PREFIX}{signer.name}+{signer.key_id.hex()}+{base64.b64encode(material).decode()}\n"
    try:
        write_new(path, text.encode())
    except FileExistsError as fault:
        raise NotaryRefused(
            _("日志密钥已存在，不会覆盖"),
            where=str(path),
            do=_("换密钥等于另立日志，请与见证单位商定"),
            code="notary.key_exists",
        ) from fault


def _read_key(path: Path, kind: bytes, make: Callable[[str, bytes], S]) -> S:
    try:
        if others_may_read(path):
            raise NotaryRefused(
                _("别人也能读日志密钥"), where=str(path), do=_("请运行 chmod 600"), code="notary.key_open"
            )
        text = path.read_text(encoding="utf-8").strip()
        name, number, encoded = text.removeprefix(PREFIX).split("+", 2)
        material = notes.from_base64(encoded)
        if not (text.startswith(PREFIX) and material.startswith(kind)):
            raise _damaged(path)
        signer = make(name, material.removeprefix(kind))
    except (OSError, ProofError, ValueError) as fault:
        raise _damaged(path) from fault
    if signer.key_id.hex() != number:
        raise _damaged(path)
    return signer


def _damaged(path: Path) -> NotaryRefused:
    return NotaryRefused(
        _("日志密钥文件不完整或读不出来"),
        where=str(path),
        do=_("请核对文件的属主，或用备份的密钥文件恢复"),
        code="notary.key_damaged",
    )


@dataclass(frozen=True)
class NewWitness:
    """A witness as it is named on the command line."""

    name: str
    vkey: str
    url: str


def trust_text(vkey: str, witnesses: Sequence[NewWitness]) -> str:
    """A trust policy: a majority of the witnesses, 2 of 3. Raises: NotaryRefused when it is not in order."""
    lines = [f"log {vkey}", ""]
    lines += [f"witness {w.name} {w.vkey} {w.url}" for w in witnesses]
    if witnesses:
        names = " ".join(w.name for w in witnesses)
        lines += [f"group witnesses {len(witnesses) // 2 + 1} {names}", "quorum witnesses"]
    else:
        lines += ["quorum none"]
    text = "\n".join(lines) + "\n"
    _check_trust(text)
    return text


def check_witnesses(witnesses: Sequence[NewWitness]) -> None:
    """Raises: NotaryRefused for witnesses that no trust policy could name so."""
    trust_text(notes.Ed25519Signer("any.example/log", bytes(32)).vkey, witnesses)


def write_trust(folder: Folder, vkey: str, witnesses: Sequence[NewWitness]) -> None:
    """Write the trust policy, when there is none yet.

    Raises: NotaryRefused for witnesses that cannot be named so, or others than those of the file.
    """
    text = trust_text(vkey, witnesses)
    if not folder.trust.exists():
        folder.root.mkdir(parents=True, exist_ok=True)
        write_whole(folder.trust, text.encode())
    elif witnesses and folder.trust.read_text(encoding="utf-8") != text:
        raise NotaryRefused(
            _("信任策略文件已存在，内容与这里给出的见证人不同"),
            where=str(folder.trust),
            do=_("请直接修改该文件，或先移走它再运行一次"),
            code="notary.trust_exists",
        )


def name_in_trust(folder: Folder, vkey: str) -> bool:
    """Name a further key of the log in the trust policy; whether it was not there yet."""
    text = folder.trust.read_text(encoding="utf-8")
    line = f"log {vkey}"
    if line in text.split("\n"):
        return False
    made = f"{line}\n{text}" if not text.startswith("log ") else text.replace("\n", f"\n{line}\n", 1)
    _check_trust(made)
    write_whole(folder.trust, made.encode())
    return True


def _check_trust(text: str) -> None:
    try:
        parse(text)
    except ProofError as fault:
        raise NotaryRefused(
            _("信任策略有误：%s") % fault,
            do=_("请核对见证人的名称和公钥"),
            code="notary.trust",
        ) from fault


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
