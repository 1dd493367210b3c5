"""The key of the account that owns the contract: a file that only its owner reads; never shown."""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hengjian.notary.anchors.errors import missing_extra
from hengjian.notary.anchors.values import Signed
from hengjian.terms.errors import Refused
from hengjian.terms.secret_files import write_new

_HEX = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")


@dataclass(frozen=True)
class OwnerKey:
    """Signs transactions; says its address and nothing else of itself."""

    address: str
    _secret: bytes = field(repr=False)

    def sign(self, fields: Mapping[str, Any]) -> Signed:
        """Sign a transaction of plain fields."""
        made = _account().sign_transaction(dict(fields), self._secret)
        price = fields["gasPrice"] if "gasPrice" in fields else fields["maxFeePerGas"]
        name = "0x" + made.hash.hex().removeprefix("0x")
        return Signed(int(fields["nonce"]), int(price), name, bytes(made.raw_transaction))


def make_key(path: Path, secret: bytes) -> OwnerKey:
    """Write 32 random bytes, which the caller brings, into a new file."""
    key = _key(secret, path)
    try:
        write_new(path, f"{secret.hex()}\n".encode("ascii"))
    except FileExistsError as error:
        raise Refused(
            "密钥文件已经有了", where=str(path), do="请另取文件名；旧密钥不会被覆盖", code="anchor.key_exists"
        ) from error
    return key


def read_key(path: Path) -> OwnerKey:
    """Read the key; a file that others can read is refused."""
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(200).strip()
    except OSError as error:
        raise Refused(
            f"读不了密钥文件（{error.strerror}）",
            where=str(path),
            do="请核对 anchors.yaml 的 key_file，或用 hengjian anchor key 生成一把",
            code="anchor.key",
        ) from error
    if mode & 0o077:
        raise Refused(
            f"密钥文件别人也能读（权限 {mode:04o}）",
            where=str(path),
            do=f"请运行 chmod 600 {path}；如可能已泄露，请换一把密钥并重新部署合约",
            code="anchor.key_mode",
        )
    found = _HEX.fullmatch(text)
    if found is None:
        raise Refused(
            "密钥文件里应当只有 64 位十六进制数", where=str(path), do="请核对文件", code="anchor.key"
        )
    return _key(bytes.fromhex(found.group(1)), path)


def _key(secret: bytes, path: Path) -> OwnerKey:
    account = _account()
    try:
        return OwnerKey(str(account.from_key(secret).address), secret)
    except Exception:  # noqa: BLE001 (the library's own errors show the key: nothing of them goes on)
        raise Refused("这不是一把可用的密钥", where=str(path), do="请另生成一把", code="anchor.key") from None


def _account() -> Any:
    try:
        from eth_account import Account
    except ImportError as error:
        raise missing_extra("eth-account") from error
    return Account
