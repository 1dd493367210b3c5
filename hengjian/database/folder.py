"""The data folder: where it is, whose it is, and what stands in it."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hengjian.terms.errors import Refused

SYSTEM_FOLDER = Path("/var/lib/hengjian")
ACCOUNT = "hengjian"  # runs the server when the program is started by root
ATTACHMENTS = "attachments"  # files that rows of the database name by their digest
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107  # bytes, of sockaddr_un


def data_folder(environ: Mapping[str, str]) -> Path:
    """Say where the program keeps its data: ``HENGJIAN_DATA``, else a folder of the user's own."""
    if given := environ.get("HENGJIAN_DATA"):
        return Path(given).expanduser().absolute()
    if os.geteuid() == 0:
        return SYSTEM_FOLDER
    base = environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "hengjian"


@dataclass(frozen=True)
class Layout:
    """The paths in a data folder."""

    folder: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data."""
        return self.folder / "db"

    @property
    def log(self) -> Path:
        """What the server and its keeper say."""
        return self.folder / "db.log"

    @property
    def users_lock(self) -> Path:
        """Held shared by every program that uses the server."""
        return self.folder / "db.users.lock"

    @property
    def keeper_lock(self) -> Path:
        """Held by the keeper while it lives."""
        return self.folder / "db.keeper.lock"

    @property
    def start_lock(self) -> Path:
        """Held by the one program that is starting the server."""
        return self.folder / "db.start.lock"

    @property
    def sockets(self) -> Path:
        """Where the socket stands: in the folder, or in /tmp when that path is too long for one."""
        inside = self.folder / "run"
        if len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return inside
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path("/tmp") / f"hengjian-{name}"  # noqa: S108 (owner and mode are checked)


def make_folder(folder: Path) -> Layout:
    """Make the data folder, or say why that is impossible."""
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError as fault:
        raise _unusable(folder, str(fault.strerror)) from fault
    if not writable:
        raise _unusable(folder, "没有写权限")
    return Layout(folder.resolve())


def _unusable(folder: Path, why: str) -> Refused:
    return Refused(
        f"数据目录不能使用（{why}）",
        where=str(folder),
        do="请让本用户能写这个目录，或用 HENGJIAN_DATA 另指一个目录",
        code="database.folder_not_writable",
    )


def server_account(layout: Layout, environ: Mapping[str, str]) -> pwd.struct_passwd:
    """Say which account runs the server: our own, or when we are root an unprivileged one.

    A cluster that exists is run by its owner.
    """
    try:
        if layout.cluster.exists():
            account = pwd.getpwuid(layout.cluster.stat().st_uid)
        elif os.geteuid() == 0:
            account = _service_account(environ.get("HENGJIAN_DB_USER", ACCOUNT))
        else:
            account = pwd.getpwuid(os.geteuid())
    except KeyError as fault:
        raise Refused(
            f"系统里没有这个用户（{fault.args[0]}），数据库服务不能以它运行",
            do="请在 /etc/passwd 里登记这个用户，或以已登记的用户运行",
            code="database.account",
        ) from fault
    if account.pw_uid not in {os.geteuid(), 0} and os.geteuid() != 0:
        raise _unusable(layout.cluster, f"属于用户 {account.pw_name}")
    if account.pw_uid == 0:
        raise _unusable(layout.cluster, "属于 root，数据库服务不以 root 运行")
    return account


def _service_account(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        _add_account(name)
    return pwd.getpwnam(name)


def _add_account(name: str) -> None:
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name]
    tool = shutil.which("useradd", path="/usr/sbin:/usr/bin:/sbin:/bin")
    done = tool and subprocess.run([tool, *command[1:]], capture_output=True, check=False)
    if not done or done.returncode not in {0, 9}:  # 9: somebody else has just added it
        raise Refused(
            f"数据库服务不以 root 运行，而系统用户“{name}”建不了",
            do=f"请建立系统用户 {name}，或用 HENGJIAN_DB_USER 指明一个已有的普通用户",
            code="database.account",
        )


def give(path: Path, account: pwd.struct_passwd) -> None:
    """Make a folder that only this account (and root) can enter."""
    path.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
    seen = path.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != account.pw_uid:
        raise _unusable(path, "不是本服务自己的目录")
    path.chmod(0o700)


def check_reachable(layout: Layout, account: pwd.struct_passwd) -> None:
    """Refuse a data folder that the server's account cannot come to."""
    if not reachable_by(layout.folder, account):
        raise Refused(
            f"数据库服务的用户 {account.pw_name} 进不了数据目录",
            where=str(layout.folder),
            do="请用 HENGJIAN_DATA 另指一个它能进入的目录，如 /var/lib/hengjian",
            code="database.folder_not_reachable",
        )


def reachable_by(path: Path, account: pwd.struct_passwd) -> bool:
    """Whether that account can come to this path through every folder above it."""
    if account.pw_uid == os.geteuid():
        return os.access(path, os.X_OK)
    asked = subprocess.run(
        ["/usr/bin/test", "-x", path],
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        check=False,
    )
    return asked.returncode == 0
