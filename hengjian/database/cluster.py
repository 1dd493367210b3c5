"""The cluster: PostgreSQL's data, made once, and its settings, written at every start."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from hengjian.database.binaries import version_of
from hengjian.database.folder import Layout, give
from hengjian.terms.errors import Refused

ROLE = DATABASE = "hengjian"
NARROW = ("hengjian_issue", "hengjian_cast")  # the kiosk's two accounts; `hengjian kiosk logins` makes them
NO_SPACE = "No space left on device"


def make_cluster(layout: Layout, programs: Path, account: pwd.struct_passwd) -> None:
    """Make the cluster when there is none yet: beside its place, then moved there whole."""
    _check_version(layout, programs)
    if layout.cluster.exists():
        return
    draft = layout.cluster.with_name("db.new")
    shutil.rmtree(draft, ignore_errors=True)
    give(draft, account)
    command = [programs / "initdb", "--pgdata", draft, "--username", ROLE, "--encoding", "UTF8"]
    command += ["--auth", "peer", "--locale", "C", "--no-instructions", "--data-checksums"]
    command += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    rights = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"LC_ALL": "C", "PATH": os.defpath},
        **(rights if os.geteuid() == 0 else {}),
    )  # type: ignore[call-overload]
    if done.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise start_failure(layout, done.stderr)
    draft.rename(layout.cluster)


def _check_version(layout: Layout, programs: Path) -> None:
    note = layout.cluster / "PG_VERSION"
    if not layout.cluster.exists():
        return
    theirs = note.read_text(encoding="ascii").strip() if note.exists() else "?"
    ours = version_of(programs).split(".")[0]
    if theirs != ours:
        raise Refused(
            f"数据目录是 PostgreSQL {theirs} 建的，内嵌的是 {ours}",
            where=str(layout.cluster),
            do=f"请用 PostgreSQL {theirs} 导出（pg_dump）再导入，或用 pg_upgrade 升级",
            code="database.version",
        )


def write_access(layout: Layout, account: pwd.struct_passwd) -> None:
    """Let in over the socket only the server's own account and root, known by the kernel."""
    _write(layout.cluster / "pg_hba.conf", "local all all peer map=hengjian\n", account)
    people = dict.fromkeys((account.pw_name, "root"))
    lines = "".join(f'hengjian "{name}" {role}\n' for name in people for role in (ROLE, *NARROW))
    _write(layout.cluster / "pg_ident.conf", lines, account)


def _write(path: Path, text: str, account: pwd.struct_passwd) -> None:
    if path.read_text(encoding="utf-8") == text:
        return
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(text, encoding="utf-8")
    if os.geteuid() == 0:
        os.chown(draft, account.pw_uid, account.pw_gid)
    draft.chmod(0o600)
    draft.replace(path)


def start_failure(layout: Layout, said: str) -> Refused:
    """Turn what PostgreSQL said on its way down into words that help."""
    if NO_SPACE in said:
        return Refused(
            "磁盘已满，数据库启动不了",
            where=str(layout.folder),
            do="请腾出空间，或用 HENGJIAN_DATA 另指一个目录",
            code="database.disk_full",
        )
    wrong = [line for line in said.splitlines() if "FATAL" in line or "error:" in line]
    reason = wrong[-1].split(": ", 1)[-1].strip() if wrong else "没有说明原因"
    return Refused(
        f"数据库启动不了（{reason}）",
        where=str(layout.log),
        do="请看日志末尾的原因",
        code="database.did_not_start",
    )
