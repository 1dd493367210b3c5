"""The demonstration's log and its three witnesses, all on this machine: synthetic, and named so.

In truth each witness belongs to another office, on a machine of its own, with keys that the log's
office never sees. Here the log's own process plays all three, so that every page has something to
show: cosignatures of the demonstration prove nothing to anybody.
"""

import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from hengjian.notary.folder import Folder, NewWitness, in_data_folder, load_key, make_key, write_trust
from hengjian.proof import trust
from hengjian.witness.folder import Folder as WitnessFolder
from hengjian.witness.web import application

ORIGIN = "synthetic.hengjian.example/demonstration"
WITNESSES = ("discipline-commission", "peoples-congress", "audit-bureau")
HERE = "127.0.0.1"
SEED = 32


def prepare(data: Path) -> None:
    """Make the log's key, the witnesses and the trust file, where they are missing.

    A log that somebody set up himself is left alone.
    """
    notary = in_data_folder(data)
    if notary.trust.exists():
        return
    signer = load_key(notary) if notary.key.exists() else make_key(notary, ORIGIN)
    known = [_witness(data, name, signer.vkey) for name in WITNESSES]
    write_trust(notary, signer.vkey, known)


def _witness(data: Path, name: str, log: str) -> NewWitness:
    folder = _folder(data, name)
    if not folder.path.exists():
        full = f"synthetic-{name}.hengjian.example/demonstration"
        folder.make(full, "sqlite:state.sqlite", {"ed25519": secrets.token_bytes(SEED)})
    folder.add_logs([log])
    return NewWitness(f"synthetic-{name}", folder.cosigners()[0].vkey, f"http://{HERE}:{_free_port()}")


def _folder(data: Path, name: str) -> WitnessFolder:
    return WitnessFolder(data / "demo" / "witnesses" / name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


@contextmanager
def witnesses(data: Path, clock: Callable[[], float]) -> Iterator[None]:
    """Serve the demonstration's witnesses while the log runs; nothing where there are none."""
    notary = in_data_folder(data)
    with ExitStack() as running:
        if (data / "demo" / "witnesses").is_dir() and notary.trust.exists():
            for name, port in _ports(notary).items():
                running.enter_context(_served(_folder(data, name), port, clock))
        yield


def _ports(notary: Folder) -> dict[str, int]:
    """The witnesses of the trust file that are ours to play."""
    policy = trust.parse(notary.trust.read_bytes())
    addresses = {one.name.removeprefix("synthetic-"): urlsplit(one.url) for one in policy.witnesses}
    return {
        name: place.port
        for name, place in addresses.items()
        if name in WITNESSES and place.hostname == HERE and place.port
    }


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Say nothing."""


@contextmanager
def _served(folder: WitnessFolder, port: int, clock: Callable[[], float]) -> Iterator[None]:
    witness = folder.witness()
    try:
        server = make_server(HERE, port, application(witness, clock), _Server, _Quiet)
    except OSError:  # somebody else has the port now: this witness is silent, and an alarm says so
        yield
        return
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        witness.store.close()
