"""The pages and their parts, read into memory once; the keys' proofs, read from the published folder.

Nothing else on the disk can be asked for: names are looked up, never joined as they come.
"""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static" / "kiosk"
PAGES = HERE / "pages"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
PROOF = re.compile(r"/kiosk/keys/([0-9a-f]{64})\.json")
TRUST = "/kiosk/trust"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class File:
    """Bytes with their type, also compressed, and the tag by which a browser knows them again."""

    kind: str
    plain: bytes
    small: bytes
    tag: str

    @classmethod
    def of(cls, plain: bytes, kind: str) -> "File":
        """Compress and tag."""
        return cls(kind, plain, gzip.compress(plain, 9, mtime=0), f'"{sha256(plain).hexdigest()[:32]}"')


def files(pages: Mapping[str, str], hotline: str) -> dict[str, File]:
    """All that one process serves: the parts under /kiosk/, and its pages by address."""
    found = {
        f"/kiosk/{path.relative_to(STATIC).as_posix()}": File.of(path.read_bytes(), KINDS[path.suffix])
        for path in sorted(STATIC.rglob("*"))
        if path.suffix in KINDS
    }
    for address, name in pages.items():
        text = (PAGES / name).read_text(encoding="utf-8")
        found[address] = File.of(text.replace("{{hotline}}", hotline).encode(), KINDS[".html"])
    return found


def published(folder: Path, path: str) -> File | None:
    """A key's proof, or the trust file, as the job ``hengjian kiosk publish`` has written them."""
    known = PROOF.fullmatch(path)
    name = f"keys/{known.group(1)}.json" if known else "trust" if path == TRUST else None
    if name is None:
        return None
    try:
        return File.of((folder / name).read_bytes(), KINDS[".json"] if known else TEXT)
    except OSError:
        return None
