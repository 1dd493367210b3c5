"""Places to anchor at: a real chain (anvil), a gate before it, a real time-stamping authority."""

import json
import os
import re
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from hengjian.notary.anchors.chains import Chain, EvmChain, deployed_at
from hengjian.notary.anchors.keys import OwnerKey, make_key
from hengjian.notary.anchors.rpc import Rpc
from hengjian.notary.anchors.values import Head, Signed

ROOT = Path(__file__).resolve().parents[4]
ORIGIN = "example.org/log"
RICH = "0x56bc75e2d63100000"


def head(size: int, salt: str = "") -> Head:
    return Head(ORIGIN, size, sha256(f"{salt}{size}".encode()).digest())


def anvil() -> Path:
    found = sorted((ROOT / "node_modules/@foundry-rs").glob("anvil-*/bin/anvil"))
    if not found:
        pytest.skip("没有 anvil，请运行 make assets · no anvil: make assets")
    return found[0]


@contextmanager
def chain_node(*options: str) -> Iterator[Rpc]:
    """A node of its own on a free port."""
    command = [str(anvil()), "--port", "0", "--hardfork", "paris", "--accounts", "1", *options]
    with (
        tempfile.TemporaryFile() as said,  # a pipe that nobody reads would fill up and stop it
        subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT) as process,
    ):
        try:
            yield Rpc(_listening(process, said.fileno()), timeout=10)
        finally:
            process.kill()


def _listening(process: subprocess.Popen[bytes], said: int) -> str:
    for _ in range(300):
        found = re.search(rb"Listening on (\S+)", os.pread(said, 100_000, 0))
        if found:
            return f"http://{found.group(1).decode()}"
        assert process.poll() is None, os.pread(said, 100_000, 0)
        time.sleep(0.05)
    raise AssertionError("anvil does not listen")


def owner(rpc: Rpc, folder: Path, name: str = "owner") -> OwnerKey:
    """A key in a file, with money on this chain."""
    key = make_key(folder / f"{name}.key", sha256(name.encode()).digest())
    rpc.ask("anvil_setBalance", key.address, RICH)
    return key


def deployed(rpc: Rpc, key: OwnerKey, kind: type[Chain] = EvmChain) -> Chain:
    """The contract, freshly on the chain."""
    nowhere = kind(rpc, "0x" + "00" * 20)
    signed = nowhere.signed_deployment(key)
    in_block(nowhere, signed)
    made = deployed_at(nowhere, signed)
    assert made is not None
    return kind(rpc, *made)


def in_block(chain: Chain, signed: Signed) -> dict[str, Any]:
    """Send a transaction and wait for its receipt: the node mines a moment after it has answered."""
    chain.publish(signed)
    for _ in range(100):
        receipt = chain.receipt(signed.hash)
        if receipt is not None:
            return receipt
        chain.rpc.ask("evm_mine")
        time.sleep(0.02)
    raise AssertionError("not mined")


class _Gate(BaseHTTPRequestHandler):
    """Passes requests on, unless the gate is closed or the request is one that FISCO BCOS fails."""

    gate: "Gate"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.gate.down:
            self.close_connection = True
            return
        asked = json.loads(body)
        self.gate.asked.append(asked["method"])
        fault = self.gate.fault(asked) if self.gate.like_fisco else None
        if fault is None:
            request = urllib.request.Request(self.gate.behind, body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                raw = answer.read()
            raw = self.gate.answered(asked, raw)
        else:
            raw = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": fault}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_args: object) -> None:
        """Quiet."""


class Gate:
    """An address before a node, that can be closed and that can be as narrow as FISCO BCOS's."""

    STATE: ClassVar = {"eth_call": 1, "eth_getCode": 1, "eth_getStorageAt": 2, "eth_getTransactionCount": 1}

    def __init__(self, behind: Rpc, *, like_fisco: bool = False) -> None:
        self.behind = behind.url
        self.like_fisco = like_fisco
        self.down = False
        self.asked: list[str] = []
        handler = type("Handler", (_Gate,), {"gate": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.rpc = Rpc(f"http://127.0.0.1:{self.server.server_port}", timeout=10)

    def fault(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        """What FISCO BCOS 3.x's gateway would refuse."""
        method, params = asked["method"], asked["params"]
        if method in {"eth_call", "eth_estimateGas"} and len(params[0].get("data", "0x")) > 10:
            return {"code": 16, "message": "", "data": "0x"}  # FISCO-BCOS issue 5413
        if method == "eth_sendRawTransaction" and int(params[0][2:4], 16) < 0x80:
            return {"code": -32602, "message": "only transactions of the old form"}
        if method in self.STATE and params[self.STATE[method]] not in {"latest", "pending"}:
            return {"code": -32004, "message": "no older state"}
        if method in {"eth_maxPriorityFeePerGas", "eth_feeHistory", "anvil_mine"}:
            return {"code": -32601, "message": "This API has not been implemented yet!"}
        return None

    def answered(self, asked: dict[str, Any], raw: bytes) -> bytes:
        """As FISCO BCOS: an error where others answer null; no base fee in a block."""
        if not self.like_fisco:
            return raw
        answer = json.loads(raw)
        if asked["method"] == "eth_getTransactionReceipt" and answer.get("result", 0) is None:
            del answer["result"]
            answer["error"] = {"code": -32000, "message": "receipt not found"}
        if isinstance(answer.get("result"), dict):
            answer["result"].pop("baseFeePerGas", None)
        return json.dumps(answer).encode()

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


# --- time-stamping authority: the openssl command behind a small server -------------------------
_SETTINGS = """
[req]
distinguished_name = name
prompt = no
[name]
CN = hengjian test
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa_default]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
crypto_device = builtin
[ts]
default_tsa = tsa_default
"""


def openssl(*arguments: str, data: bytes | None = None) -> bytes:
    done = subprocess.run(
        ["openssl", *arguments],
        input=data,
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def make_authority(folder: Path) -> Path:
    """Root and signing certificate; returns the settings."""
    settings = folder / "tsa.cnf"
    settings.write_text(_SETTINGS.format(folder=folder))
    (folder / "serial").write_text("01\n")
    for name in ("root", "tsa"):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{folder}/{name}.key")
        subject = ["-subj", f"/CN=hengjian test {name}", "-config", str(settings)]
        openssl("req", "-new", "-key", f"{folder}/{name}.key", "-out", f"{folder}/{name}.csr", *subject)
    extensions = ["-extfile", str(settings), "-days", "30"]
    root = ["-in", f"{folder}/root.csr", "-signkey", f"{folder}/root.key", "-out", f"{folder}/root.pem"]
    openssl("x509", "-req", *root, "-extensions", "root", *extensions)
    issued = ["-in", f"{folder}/tsa.csr", "-CA", f"{folder}/root.pem", "-CAkey", f"{folder}/root.key"]
    made = ["-CAcreateserial", "-out", f"{folder}/tsa.pem", "-extensions", "tsa"]
    openssl("x509", "-req", *issued, *made, *extensions)
    return settings


class _Stamping(BaseHTTPRequestHandler):
    settings: Path
    another: bool = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/timestamp-query"
        query = self.settings.with_name(f"query-{threading.get_ident()}.tsq")
        query.write_bytes(body)
        raw = openssl(
            "ts", "-reply", "-queryfile", str(query), "-config", str(self.settings), "-section", "tsa_default"
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@contextmanager
def authority_server(settings: Path) -> Iterator[str]:
    handler = type("Handler", (_Stamping,), {"settings": settings})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsr"
    finally:
        server.shutdown()
        server.server_close()
