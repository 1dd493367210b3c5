"""Which store an address means."""

from pathlib import Path

from hengjian.terms.errors import Refused
from hengjian.witness.postgres import PostgresStore
from hengjian.witness.records import Store
from hengjian.witness.sqlite import SqliteStore


def store_at(address: str, folder: Path) -> Store:
    """The store of a witness: ``sqlite:FILE`` (relative to its folder) or ``postgresql://…``."""
    scheme, _, rest = address.partition(":")
    if scheme in {"postgresql", "postgres"}:
        return PostgresStore(address)
    if scheme == "sqlite" and rest:
        return SqliteStore(folder / rest)
    raise Refused(
        f"不认识的存储地址“{address}”",
        do="请写 sqlite:文件 或 postgresql://用户:口令@主机:5432/库名",
        code="witness.store_address",
    )
