"""The witness's folder: its keys, the logs that it cosigns, and where its store is.

Trusted? Wholly: whoever can read the keys can cosign anything in the office's name. They are readable by
their account only, and the program refuses to run otherwise.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hengjian.proof import cosignatures, notes
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.errors import ProofError
from hengjian.proof.notes import Verifier
from hengjian.terms.errors import Refused, Tampered
from hengjian.terms.secret_files import others_may_read, write_over
from hengjian.witness.judgement import Cosigner, Witness
from hengjian.witness.opening import store_at
from hengjian.witness.records import Held, Store

KINDS = {"ed25519": cosignatures.Ed25519Cosigner, "ml-dsa-44": cosignatures.MlDsa44Cosigner}
SETTINGS = "witness.json"
LOGS = "logs"
LONGEST_ORIGIN = 255  # bytes, of the ML-DSA-44 form


@dataclass(frozen=True)
class Folder:
    """Where a witness lives."""

    path: Path

    def make(self, name: str, store: str, seeds: dict[str, bytes]) -> None:
        """Make folder, keys and store; an existing witness is left alone."""
        if (self.path / SETTINGS).exists():
            raise Refused("这里已经有一个见证人", where=str(self.path), code="witness.exists")
        cosigners = [_cosigner(kind, name, seed) for kind, seed in seeds.items()]
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = store_at(store, self.path)
        made.create(_owner(cosigners))
        made.close()
        for kind, seed in seeds.items():
            write_over(self.path / f"{kind}.key", f"{seed.hex()}\n".encode())
        write_over(self.path / LOGS, b"")
        settings = {"name": name, "store": store, "keys": list(seeds)}
        write_over(self.path / SETTINGS, (json.dumps(settings, ensure_ascii=False) + "\n").encode())

    def settings(self) -> dict[str, str]:
        """Name and store."""
        try:
            found = json.loads(_read_secret(self.path / SETTINGS))
            return {"name": str(found["name"]), "store": str(found["store"]), "keys": " ".join(found["keys"])}
        except FileNotFoundError as fault:
            raise Refused(
                "这里没有见证人",
                where=str(self.path),
                do="请先运行 hengjian witness init",
                code="witness.absent",
            ) from fault
        except (ValueError, KeyError, TypeError) as fault:
            raise Refused(
                "见证人的设置读不出来", where=str(self.path / SETTINGS), code="witness.settings"
            ) from fault

    def cosigners(self) -> list[Cosigner]:
        """The keys, refused when anybody else may read them."""
        settings = self.settings()
        found: list[Cosigner] = []
        for kind in settings["keys"].split():
            file = self.path / f"{kind}.key"
            try:
                found.append(_cosigner(kind, settings["name"], bytes.fromhex(_read_secret(file))))
            except (ValueError, KeyError, FileNotFoundError) as fault:
                raise Refused("密钥文件缺失或已损坏", where=str(file), code="witness.key") from fault
        return found

    def store(self) -> Store:
        """The store, whatever its state."""
        return store_at(self.settings()["store"], self.path)

    def logs(self) -> dict[str, list[Verifier]]:
        """The keys of each log that is cosigned, by its origin."""
        found: dict[str, list[Verifier]] = defaultdict(list)
        for vkey in self._vkeys():
            key = notes.verifier(vkey)
            found[key.name].append(key)
        return dict(found)

    def _vkeys(self) -> list[str]:
        lines = (self.path / LOGS).read_text(encoding="utf-8").splitlines()
        return [line.split()[1] for line in lines if line.startswith("log ")]

    def add_logs(self, vkeys: Iterable[str]) -> list[str]:
        """Cosign these logs from the next start on; the origins are returned."""
        known, origins = self._vkeys(), []
        for vkey in vkeys:
            origins.append(_origin(vkey))
            if vkey not in known:
                known.append(vkey)
        store = self.store()
        store.owner()
        for origin in origins:
            store.watch(origin)
        store.close()
        write_over(self.path / LOGS, "".join(f"log {vkey}\n" for vkey in known).encode())
        return origins

    def witness(self) -> Witness:
        """The witness, when keys, logs and store are whole and belong together."""
        cosigners, logs, store = self.cosigners(), self.logs(), self.store()
        if fault := store.damage():
            raise Tampered(
                f"见证人的存储已损坏：{fault}",
                do="请从最近的备份恢复，再用 hengjian witness catch-up 声明",
                code="witness.store_damaged",
            )
        if store.owner() != _owner(cosigners):
            raise Tampered("这个存储属于另一个见证人", do="请核对存储的地址和密钥", code="witness.owner")
        _check(store.known(), cosigners, logs)
        return Witness(cosigners, logs, store)


def vkeys_of(given: str) -> list[str]:
    """A verifier key as it stands, or those of the logs in a trust file."""
    if "+" in given and not Path(given).is_file():
        return [given]
    try:
        text = Path(given).read_text(encoding="utf-8")
    except OSError as fault:
        raise Refused("既不是公钥，也读不出文件", where=given, code="witness.log_file") from fault
    found = [line.split()[1] for line in text.splitlines() if line.split()[:1] == ["log"]]
    if not found:
        raise Refused("信任文件里没有日志", where=given, code="witness.trust_file")
    return found


def _origin(vkey: str) -> str:
    try:
        name = notes.verifier(vkey).name
    except ProofError as fault:
        raise Refused(f"日志的公钥不对：{fault.what}", where=vkey[:80], code="witness.log_key") from fault
    if len(name.encode()) > LONGEST_ORIGIN:
        raise Refused("日志的名称过长", where=name[:80], code="witness.log_key")
    return name


def _owner(cosigners: Iterable[Cosigner]) -> str:
    return "\n".join(sorted(each.vkey for each in cosigners))


def _check(known: dict[str, Held | None], cosigners: list[Cosigner], logs: dict[str, list[Verifier]]) -> None:
    """Every checkpoint held must be the log's and ours; every log must have its row."""
    ours = [notes.verifier(each.vkey) for each in cosigners]
    for origin, keys in logs.items():
        if origin not in known:
            raise Tampered(
                "存储里没有这份日志的记录",
                where=origin,
                do="记录被删过。请找回存储；在查清之前不要再签",
                code="witness.row_missing",
            )
        held = known[origin]
        if held is None:
            continue
        try:
            note = notes.parse(held.note)
            whole = Checkpoint.parse(note.text).origin == origin
            notes.opened(note, keys)
            whole = whole and len(notes.opened(note, ours).signatures) == len(ours)
        except ProofError:
            whole = False
        if not whole:
            raise Tampered(
                "存储里的检查点被改过：签名不符",
                where=origin,
                do="请从最近的备份恢复，再用 hengjian witness catch-up 声明",
                code="witness.checkpoint_changed",
            )


def _cosigner(kind: str, name: str, seed: bytes) -> Cosigner:
    try:
        return KINDS[kind](name, seed)
    except ProofError as fault:
        raise Refused(f"见证人的名称不能用：{fault.what}", where=name, code="witness.name") from fault


def _read_secret(path: Path) -> str:
    if others_may_read(path):
        raise Refused(
            "别的账号也能读这个文件，不能使用",
            where=str(path),
            do=f"请运行 chmod 600 {path}；如果可能已被人读过，请换新密钥",
            code="witness.readable",
        )
    return path.read_text(encoding="utf-8").strip()
