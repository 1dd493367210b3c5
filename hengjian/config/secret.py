"""The secret that signs sessions: made once, kept in the data folder, readable by its owner only."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from hengjian.terms.errors import Refused

ENOUGH = 32  # characters


def secret_key(environ: Mapping[str, str], folder: Path) -> str:
    """Give the secret from the environment, else from the data folder, else make one there."""
    if given := environ.get("HENGJIAN_SECRET_KEY"):
        return given
    path = folder / "secret_key"
    try:
        if not path.exists():
            _make(path)
        key = path.read_text(encoding="ascii").strip()
    except OSError as fault:
        raise Refused(
            f"读写不了密钥文件（{fault.strerror}）",
            where=str(path),
            do="请让本用户能读写数据目录，或用 HENGJIAN_DATA 另指一个目录",
            code="config.secret",
        ) from fault
    if len(key) < ENOUGH:
        raise Refused("密钥文件不完整", where=str(path), do="请删去它，会重新生成", code="config.secret")
    return key


def _make(path: Path) -> None:
    """Write beside and link into place: two programs that start at once agree on one secret."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(50))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
