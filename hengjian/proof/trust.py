"""Whom to trust: the policy file that names logs, witnesses and how many of them a checkpoint needs.

Source: C2SP tlog-policy. Rules kept here:
- items are parted by spaces and tabs only; other control characters are refused; other scripts are opaque;
- witnesses and groups share one set of names, each name is a member of at most one group, once;
- a line names only what stands above it; exactly one quorum line; no public key twice in one role;
- a log's key name is its origin; witnesses have keys of a cosignature type.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hengjian.proof import cosignatures, notes
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.errors import ProofError
from hengjian.proof.notes import Note, Verifier

NONE = "none"
MAX_POLICY = 1_000_000
_TAB = bytes.maketrans(b"\t", b" ")


@dataclass(frozen=True)
class Log:
    """A log whose checkpoints are accepted; its key's name is its origin.

    Clause: SPEC F3
    """

    key: Verifier
    vkey: str
    url: str = ""


@dataclass(frozen=True)
class Witness:
    """A witness by its name in the policy, its key, and where it is asked.

    Clause: SPEC F3
    """

    name: str
    key: Verifier
    vkey: str
    url: str = ""


@dataclass(frozen=True)
class Group:
    """Witnesses or groups of which at least ``threshold`` must have cosigned.

    Clause: SPEC F3
    """

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Accepted:
    """A checkpoint that the policy accepts, and when which witness cosigned it (names of the policy).

    ``signed``, ``unsigned``: keys that the policy names for this log, and that did, or did not, sign it.
    Clause: SPEC F3
    """

    checkpoint: Checkpoint
    cosigned: Mapping[str, int]
    signed: tuple[Verifier, ...] = ()
    unsigned: tuple[Verifier, ...] = ()


@dataclass(frozen=True)
class TrustPolicy:
    """Known logs, known witnesses, and the quorum.

    Clause: SPEC F3
    """

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str

    def accepted(self, note: Note) -> Accepted:
        """The checkpoint of a note that a known log signed and the quorum cosigned.

        Clause: SPEC F3
        Raises: ProofError when the log is unknown, a known key's signature fails or the quorum is missed.
        """
        checkpoint = Checkpoint.parse(note.text)
        logs = [log.key for log in self.logs if log.key.name == checkpoint.origin]
        if not logs:
            raise ProofError("不认识的日志", checkpoint.origin, "unknown log")
        keys = {(key.name, key.key_id): key for key in (*logs, *(each.key for each in self.witnesses))}
        opened = notes.opened(note, keys.values())
        signed = tuple(key for key in logs if opened.signed_by(key))
        if not signed:
            raise ProofError("没有日志自己的签名", checkpoint.origin, "no signature of the log")
        cosigned = self._cosigned(opened)
        if not self.reached(cosigned):
            needed = f"{len(cosigned)}/{len(self.witnesses)}"
            raise ProofError(
                f"见证联署不足（{needed}）", self.quorum, f"quorum of witnesses missed ({needed})"
            )
        return Accepted(checkpoint, cosigned, signed, tuple(key for key in logs if key not in signed))

    def satisfied(self, note: Note) -> bool:
        """Whether the policy accepts the note."""
        try:
            self.accepted(note)
        except ProofError:
            return False
        return True

    def missing(self, note: Note) -> tuple[str, ...]:
        """The names of the witnesses that have not (or not validly) cosigned this note."""
        body = note.text.encode()
        return tuple(
            witness.name
            for witness in self.witnesses
            if not ((line := note.signed_by(witness.key)) and witness.key.verify(body, line.value))
        )

    def reached(self, cosigned: Mapping[str, int] | set[str] | Sequence[str]) -> bool:
        """Whether these witnesses, by their names in the policy, make the quorum."""
        met = set(cosigned)
        for group in self.groups:
            if sum(member in met for member in group.members) >= group.threshold:
                met.add(group.name)
        return self.quorum == NONE or self.quorum in met

    def _cosigned(self, opened: Note) -> dict[str, int]:
        lines = ((each.name, opened.signed_by(each.key)) for each in self.witnesses)
        return {name: cosignatures.timestamp(line.value) for name, line in lines if line}


def parse(text: str | bytes) -> TrustPolicy:
    """Read a policy file.

    Clause: SPEC F3
    Raises: ProofError naming the line that breaks a rule.
    """
    data = text.encode() if isinstance(text, str) else text
    if len(data) > MAX_POLICY:
        raise ProofError("信任策略文件过大", english="policy file too large")
    reading = _Reading()
    for number, words in _lines(data):
        try:
            reading.take(words)
        except ProofError as error:
            place = f"第 {number} 行 · line {number}"
            raise error.at(f"{place} {error.where}".rstrip()) from error
    if reading.quorum is None:
        raise ProofError("没有 quorum 行", english="no quorum line")
    return TrustPolicy(
        tuple(reading.logs), tuple(reading.witnesses), tuple(reading.groups.values()), reading.quorum
    )


def _lines(data: bytes) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(data.split(b"\n"), 1):
        if any(byte == 0x7F or (byte < 0x20 and byte != 0x09) for byte in line):
            raise ProofError("含控制字符", f"第 {number} 行 · line {number}", "control character")
        words = [word.decode("utf-8", "surrogateescape") for word in line.translate(_TAB).split(b" ") if word]
        if words and not words[0].startswith("#"):
            yield number, words


@dataclass
class _Reading:
    """A policy file as far as it is read."""

    logs: list[Log] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str | None = None
    names: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    keys: set[tuple[str, bytes]] = field(default_factory=set)

    def take(self, words: list[str]) -> None:
        takers = {"log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum}
        if words[0] not in takers:
            raise ProofError("不认识的行", words[0][:40], "unknown kind of line")
        takers[words[0]](words[1:])

    def _log(self, words: list[str]) -> None:
        _number_of(words, 1, 2)
        key, _ = self._key("log", words[0])
        self.logs.append(Log(key, words[0], words[1] if len(words) > 1 else ""))

    def _witness(self, words: list[str]) -> None:
        _number_of(words, 2, 3)
        key, material = self._key("witness", words[1])
        if material[:1] not in (cosignatures.ED25519, cosignatures.ML_DSA_44):
            raise ProofError("见证的密钥不是联署类型", words[0], "a witness needs a cosignature key")
        self._name(words[0])
        self.witnesses.append(Witness(words[0], key, words[1], words[2] if len(words) > 2 else ""))

    def _key(self, role: str, vkey: str) -> tuple[Verifier, bytes]:
        key = notes.verifier(vkey)
        _, material = notes.parse_vkey(vkey)
        if (role, material[1:]) in self.keys:
            raise ProofError("公钥重复", key.name, "public key listed twice")
        self.keys.add((role, material[1:]))
        return key, material

    def _name(self, name: str) -> None:
        if name in self.names or name == NONE:
            raise ProofError("名称重复", name, "name defined twice")
        self.names.add(name)

    def _group(self, words: list[str]) -> None:
        _number_of(words, 3, None)
        name, rule, *members = words
        for member in members:
            if member not in self.names or member in self.members:
                raise ProofError("组成员未定义或重复", member, "member not defined above, or listed before")
            self.members.add(member)
        self._name(name)
        self.groups[name] = Group(name, _threshold(rule, len(members)), tuple(members))

    def _quorum(self, words: list[str]) -> None:
        _number_of(words, 1, 1)
        if self.quorum is not None:
            raise ProofError("quorum 只能有一行", english="more than one quorum line")
        if words[0] != NONE and words[0] not in self.names:
            raise ProofError("名称未定义", words[0], "name not defined above")
        self.quorum = words[0]


def _number_of(words: list[str], least: int, most: int | None) -> None:
    if len(words) < least or (most is not None and len(words) > most):
        raise ProofError("项数不对", english="wrong number of items on the line")


def _threshold(rule: str, members: int) -> int:
    if rule in ("any", "all"):
        return 1 if rule == "any" else members
    if not (rule.isascii() and rule.isdigit() and len(rule) < 10 and 1 <= int(rule) <= members):
        raise ProofError("门槛不合", rule[:40], "impossible threshold")
    return int(rule)
