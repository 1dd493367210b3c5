"""Files that commands write: the whole file or none."""

from contextlib import suppress
from pathlib import Path

from hengjian.cli.faults import reason_of
from hengjian.cli.words import t
from hengjian.terms.errors import Refused


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the place, then move there; what cannot be written is refused in words."""
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise _refused(path, error) from error


def make_folder(path: Path) -> None:
    """Make a folder and those above it, or say why that is impossible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(path, error) from error


def _refused(path: Path, error: OSError) -> Refused:
    return Refused(
        t(f"写不了 {path}：{reason_of(error)}", f"cannot write {path}: {reason_of(error)}"),
        do=t(
            "请核对文件夹是否存在、是否可写、磁盘是否已满",
            "check that the folder exists, can be written and has room",
        ),
        code="cli.write",
    )
