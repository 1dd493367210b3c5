"""The machine: the data folder, its secrets, disk space, what the program brings along, backups."""

import json
import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from hengjian.cli.examining.finding import Finding, Place, amber, green, red, some

ENOUGH = 32  # characters, as the program itself asks of its secret
GIGA = 1_000_000_000
LITTLE, TOO_LITTLE = 5 * GIGA, 1 * GIGA
STALE, LOST = timedelta(hours=26), timedelta(days=7)  # a daily backup with two hours' grace; a week without
BACKED_UP = "last_backup.json"
SECRET = ("secret_key", "*.key", "*.password", "*secret*", "notary/log*.key", "invitations/*.key")
FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")


def folder(place: Place) -> Iterator[Finding]:
    """The data folder is there and ours."""
    if not place.data.is_dir():
        yield red(
            "folder",
            (f"没有数据目录 {place.data}", f"no data folder {place.data}"),
            ("请运行 hengjian init，或用 HENGJIAN_DATA 指明", "run hengjian init, or set HENGJIAN_DATA"),
        )
    elif not os.access(place.data, os.R_OK | os.W_OK | os.X_OK):
        yield red(
            "folder",
            (f"数据目录不可读写：{place.data}", f"cannot read and write {place.data}"),
            ("请改正目录的属主和权限", "mend its owner and mode"),
        )
    else:
        yield green("folder", f"数据目录 {place.data}", f"data folder {place.data}")


def secrets(place: Place) -> Iterator[Finding]:
    """The secret of sessions is there, and nobody else reads any key."""
    own, given = place.data / "secret_key", os.environ.get("HENGJIAN_SECRET_KEY")
    if given is None and (not own.exists() or len(own.read_text(encoding="ascii").strip()) < ENOUGH):
        yield red(
            "secret.key",
            ("会话密钥缺失或不完整", "the secret of sessions is missing or cut short"),
            (
                "请从备份恢复 secret_key；删去则重新生成，所有人须重新登录",
                "restore secret_key; deleted, it is made anew and everybody signs in again",
            ),
        )
    elif given is not None and len(given) < ENOUGH:
        yield red(
            "secret.key",
            (f"HENGJIAN_SECRET_KEY 不足 {ENOUGH} 个字符", f"under {ENOUGH} characters"),
            ("请换一个随机的长密钥", "give a long random one"),
        )
    else:
        yield green("secret.key", "会话密钥齐备", "the secret of sessions is there")
    wide = sorted(str(path.relative_to(place.data)) for path in _secret_files(place.data) if _wide(path))
    if wide:
        yield red(
            "secret.files",
            (f"别人也能读密钥文件：{some(wide)}", f"others may read keys: {some(wide)}"),
            (
                "请 chmod 600；若机器上有别的用户，请更换密钥",
                "chmod 600; change the keys if others use this machine",
            ),
        )
    else:
        yield green("secret.files", "密钥文件只有本用户可读", "keys are readable by their owner only")


def _secret_files(data: Path) -> set[Path]:
    top = {
        path for path in data.iterdir() if path.is_dir() and not path.name.startswith(("db", "postgresql"))
    }
    found = {path for pattern in SECRET for path in data.glob(pattern)}
    found |= {path for one in top for pattern in SECRET[:4] for path in one.rglob(pattern)}
    return {path for path in found if path.is_file() and "public" not in path.parts}


def _wide(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o077)


def disk(place: Place) -> Iterator[Finding]:
    """Room to work."""
    free = shutil.disk_usage(place.data).free
    what = f"剩余空间 {free / GIGA:.1f} GB", f"{free / GIGA:.1f} GB free"
    do = "请扩容或清理；满了数据库会停", "make room; the database stops when it is full"
    if free < TOO_LITTLE:
        yield red("disk", what, do)
    elif free < LITTLE:
        yield amber("disk", what, do)
    else:
        yield green("disk", *what)


def note_backup(data: Path, target: Path, size: int, moment: datetime) -> None:
    """Remember that a backup was made and where."""
    draft = data / f"{BACKED_UP}.new"
    draft.write_text(
        json.dumps({"at": moment.isoformat(timespec="seconds"), "file": str(target), "size": size})
    )
    draft.replace(data / BACKED_UP)


def backups(place: Place) -> Iterator[Finding]:
    """When was the last one made, and is it still where it was put?"""
    note = place.data / BACKED_UP
    do = (
        "请运行 hengjian backup，并设为每日（见 docs/how-to/install）",
        "run hengjian backup, and make it daily",
    )
    if not note.exists():
        yield amber("backup", ("从未备份", "no backup was ever made"), do)
        return
    said = json.loads(note.read_text(encoding="utf-8"))
    age = place.moment - datetime.fromisoformat(said["at"])
    hours = age.total_seconds() / 3600
    what = f"上次备份在 {hours:.0f} 小时前", f"the last backup was {hours:.0f} hours ago"
    if age > LOST:
        yield red("backup", what, do)
    elif age > STALE:
        yield amber("backup", what, do)
    else:
        yield green("backup", *what)
    yield from _outlived(Path(said["file"]), place.moment)


def _outlived(newest: Path, moment: datetime) -> Iterator[Finding]:
    """Backups beside the newest one that are older than the policy allows: they hold what was destroyed."""
    from hengjian.notary.recording import day_of
    from hengjian.policy import load, shipped

    numbers = load(shipped()["seed"]).in_force(day_of(moment)).parameters
    days = int(str(numbers["retention.backups"].value))
    before = (moment - timedelta(days=days)).timestamp()
    beside = newest.parent.glob(f"*{newest.suffix}") if newest.parent.is_dir() else ()
    old = sum(one.is_file() and one.stat().st_mtime < before for one in beside)
    if old:
        yield amber(
            "backup.old",
            (f"有 {old} 份备份超过 {days} 日", f"{old} backups are older than {days} days"),
            (
                "其中还有已依规销毁的数据，请删除（见 docs/how-to/retention）",
                "they still hold data that were destroyed: delete them (docs/how-to/retention)",
            ),
        )


def features(_place: Place) -> Iterator[Finding]:
    """What papers need: the compiler of PDF and Chinese fonts; what anchors need."""
    if find_spec("typst") is None:
        yield amber(
            "papers.typst",
            ("没有 typst，不能出 PDF 公文", "no typst: no PDF papers"),
            ("请重新安装本软件", "install the program again"),
        )
    elif not any(
        "CJK" in path.name for root in FONTS for path in Path(root).expanduser().rglob("*.[ot]t[cf]")
    ):
        yield amber(
            "papers.fonts",
            ("没有中文字体，PDF 公文缺字", "no Chinese fonts: PDF papers lack glyphs"),
            ("请安装 fonts-noto-cjk", "apt install fonts-noto-cjk"),
        )
    else:
        yield green("papers", "PDF 公文可用（typst、中文字体）", "PDF papers work (typst, Chinese fonts)")
