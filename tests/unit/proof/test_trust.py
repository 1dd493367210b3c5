"""The trust policy reads as C2SP tlog-policy says; evidence files hold for one entry only."""

import dataclasses

import pytest

from hengjian.proof import notes, tree, trust
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.cosignatures import Ed25519Cosigner, MlDsa44Cosigner
from hengjian.proof.errors import ProofError
from hengjian.proof.evidence import TlogProof

LOG = notes.Ed25519Signer("log.example", bytes(32))
WITNESSES = {
    "discipline": Ed25519Cosigner("discipline.example", bytes([1]) * 32),
    "congress": MlDsa44Cosigner("congress.example", bytes([2]) * 32),
    "audit": Ed25519Cosigner("audit.example", bytes([3]) * 32),
}
KEYS = [each.vkey for each in WITNESSES.values()]
POLICY = "\n".join([
    "# 见证三取二",
    f"log {LOG.vkey} https://log.example/",
    "",
    *(f"witness\t{name}  {each.vkey} https://{each.name}/ " for name, each in WITNESSES.items()),
    " group two 2 discipline congress audit",
    "quorum two\n",
])  # fmt: skip
ENTRIES = [b"entry %d" % number for number in range(11)]
LEAVES = [tree.leaf_hash(entry) for entry in ENTRIES]


def reader(level: int, index: int) -> bytes:
    return tree.root_of(LEAVES[index << level : (index + 1) << level])


CHECKPOINT = Checkpoint("log.example", 11, tree.root_of(LEAVES))


def note_by(*names: str, checkpoint: Checkpoint = CHECKPOINT) -> notes.Note:
    signed = notes.signed(checkpoint.text, LOG)
    lines = (WITNESSES[name].cosign(checkpoint.text, 1000 + at) for at, name in enumerate(names))
    return dataclasses.replace(signed, signatures=(*signed.signatures, *lines))


def test_policy_is_read() -> None:
    policy = trust.parse(POLICY)
    assert policy.logs[0].url == "https://log.example/"
    assert [each.name for each in policy.witnesses] == list(WITNESSES)
    assert policy.groups == (trust.Group("two", 2, tuple(WITNESSES)),)
    assert policy == dataclasses.replace(policy)
    assert [each.vkey for each in policy.witnesses] == KEYS


def test_two_of_three_are_enough_and_one_is_not() -> None:
    policy = trust.parse(POLICY)
    found = policy.accepted(note_by("audit", "congress"))
    assert (found.checkpoint, found.cosigned) == (CHECKPOINT, {"congress": 1001, "audit": 1000})
    assert policy.satisfied(note_by(*WITNESSES))
    assert not policy.satisfied(note_by("audit"))
    assert not policy.satisfied(note_by("audit", "audit"))
    assert policy.missing(note_by("audit")) == ("discipline", "congress")


def test_checkpoint_without_the_log_or_of_another_is_refused() -> None:
    policy = trust.parse(POLICY)
    whole = note_by(*WITNESSES)
    with pytest.raises(ProofError, match="no signature of the log"):
        policy.accepted(notes.Note(whole.text, whole.signatures[1:]))
    with pytest.raises(ProofError, match="unknown log"):
        policy.accepted(note_by(*WITNESSES, checkpoint=Checkpoint("other.example", 0, tree.EMPTY_ROOT)))


def test_bad_signature_of_a_known_witness_spoils_the_checkpoint() -> None:
    whole = note_by(*WITNESSES)
    bad = dataclasses.replace(whole.signatures[-1], value=bytes(72))
    spoilt = notes.Note(whole.text, (*whole.signatures[:-1], bad))
    assert not trust.parse(POLICY).satisfied(spoilt)
    assert trust.parse(POLICY).missing(spoilt) == ("audit",)


def test_groups_of_groups_and_none() -> None:
    lines = POLICY.split("group")[0]
    nested = lines + "group a any discipline\ngroup b all congress audit\ngroup c all a b\nquorum c\n"
    policy = trust.parse(nested)
    assert [policy.reached(names) for names in (["audit", "congress"], list(WITNESSES))] == [False, True]
    assert trust.parse(lines + "quorum audit\n").reached({"audit"})
    assert trust.parse(lines + "quorum none\n").satisfied(note_by())
    assert trust.parse("quorum none\n").logs == ()


def test_other_scripts_are_opaque_names() -> None:
    text = f"witness 纪委 {KEYS[0]}\nquorum 纪委\n"
    assert trust.parse(text).reached(["纪委"])
    latin = b"witness \xe9 " + KEYS[0].encode() + b"\nquorum \xe9\n"
    assert trust.parse(latin).witnesses[0].name.encode("utf-8", "surrogateescape") == b"\xe9"
    kelvin = f"witness K {KEYS[0]}\nquorum \u212a\n"
    with pytest.raises(ProofError, match="line 2"):
        trust.parse(kelvin)


W = f"witness a {KEYS[0]}\nwitness b {KEYS[1]}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        W,
        W + "quorum c\n",
        "quorum a\n" + W,
        W + "quorum a\nquorum a\n",
        W + "quorum\n",
        W + "quorum a b\n",
        W + f"witness c {KEYS[0]}\nquorum a\n",
        W + f"witness a {KEYS[2]}\nquorum a\n",
        W + f"witness none {KEYS[2]}\nquorum a\n",
        W + "group a any b\nquorum a\n",
        W + "group none any b\nquorum a\n",
        W + "group g any none\nquorum g\n",
        W + "group g any\nquorum a\n",
        W + "group g 0 a b\nquorum g\n",
        W + "group g 3 a b\nquorum g\n",
        W + "group g -1 a b\nquorum g\n",
        W + "group g ２ a b\nquorum g\n",
        W + "group g some a b\nquorum g\n",
        W + "group g any g\nquorum g\n",
        W + "group g any a a\nquorum g\n",
        W + "group g any a\ngroup h any a b\nquorum h\n",
        W + "group g any c\nquorum a\n",
        f"witness a {LOG.vkey}\nquorum a\n",
        f"log {LOG.vkey}\nlog {LOG.vkey} https://x/\nquorum none\n",
        "log nonsense\nquorum none\n",
        f"log {LOG.vkey} a b\nquorum none\n",
        "logs x\nquorum none\n",
        "quorum none\r\n",
        "quorum\u00a0none\n",
        "# \x7f\nquorum none\n",
        "# \0\nquorum none\n",
        "#" * 1_000_001 + "\nquorum none\n",
    ],
)
def test_malformed_policies_are_refused(text: str) -> None:
    with pytest.raises(ProofError):
        trust.parse(text)


def test_one_public_key_under_two_names_is_refused() -> None:
    same = Ed25519Cosigner("other.example", bytes([1]) * 32)
    with pytest.raises(ProofError, match="listed twice"):
        trust.parse(W + f"witness c {same.vkey}\nquorum a\n")


def test_thirty_two_of_each_are_read() -> None:
    lines = [f"log {notes.Ed25519Signer('l', bytes([9, n]) * 16).vkey}" for n in range(32)]
    lines += [f"witness w{n} {Ed25519Cosigner('w', bytes([8, n]) * 16).vkey}" for n in range(32)]
    lines += [f"group g{n} any w{n}" for n in range(32)]
    assert len(trust.parse("\n".join([*lines, "quorum g31", ""])).groups) == 32


WITNESSED = note_by(*WITNESSES)


def proof_of(index: int) -> TlogProof:
    return TlogProof(index, tree.inclusion_proof(index, 11, reader), WITNESSED)


@pytest.mark.parametrize("index", range(11))
def test_evidence_holds_for_its_entry_only(index: int) -> None:
    policy = trust.parse(POLICY)
    proof = TlogProof.parse(proof_of(index).write())
    assert proof == proof_of(index)
    assert proof.verify(ENTRIES[index], policy).checkpoint == CHECKPOINT
    with pytest.raises(ProofError):
        proof.verify(ENTRIES[index - 1], policy)
    with pytest.raises(ProofError):
        dataclasses.replace(proof, index=(index + 1) % 11).verify(ENTRIES[index], policy)
    with pytest.raises(ProofError):
        dataclasses.replace(proof, checkpoint=note_by("audit")).verify(ENTRIES[index], policy)


def test_extra_data_is_carried() -> None:
    proof = dataclasses.replace(proof_of(3), extra=b"\0extra")
    assert TlogProof.parse(proof.write()) == proof
    assert proof.write().startswith(b"c2sp.org/tlog-proof@v1\nextra AGV4dHJh\nindex 3\n")


WHOLE = proof_of(3).write()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        WHOLE[1:],
        WHOLE.replace(b"@v1", b"@v2"),
        WHOLE.replace(b"index 3", b"index 03"),
        WHOLE.replace(b"index 3", b"index"),
        WHOLE.replace(b"index 3\n", b""),
        WHOLE.replace(b"index 3", b"extra \nindex 3"),
        WHOLE.replace(b"index 3", b"extra AGV4dHJh\nextra AGV4dHJh\nindex 3"),
        WHOLE.replace(b"index 3\n", b"index 3\nAAAA\n"),
        WHOLE.replace(b"index 3\n", b"index 3\n" + b"A" * 43 + b"=\n" * 1 + (b"A" * 43 + b"=\n") * 63),
        WHOLE.replace(b"\n\n", b"\n", 1),
        WHOLE.partition(b"\n\n")[0] + b"\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 3\xff\n\n" + WHOLE.partition(b"\n\n")[2],
        bytes(4_000_001),
    ],
)
def test_malformed_evidence_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError):
        TlogProof.parse(data)


def test_every_bit_of_evidence_matters() -> None:
    policy = trust.parse(POLICY)
    small = dataclasses.replace(proof_of(3), checkpoint=note_by("audit", "discipline"))
    data = small.write()
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ProofError):
            TlogProof.parse(bytes(changed)).verify(ENTRIES[3], policy)
