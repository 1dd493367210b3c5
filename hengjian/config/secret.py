"""The secret that signs sessions: made once, kept in the data folder, readable by its owner only."""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from hengjian.terms.errors import Refused
from hengjian.terms.secret_files import write_new

ENOUGH = 32  # characters


def secret_key(environ: Mapping[str, str], folder: Path) -> str:
    """Give the secret from the environment, else from the data folder, else make one there."""
    if given := environ.get("HENGJIAN_SECRET_KEY"):
        return given
    path = folder / "secret_key"
    try:
        if not path.exists():
            with suppress(FileExistsError):  # two programs that start at once agree on one secret
                write_new(path, secrets.token_urlsafe(50).encode("ascii"))
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
