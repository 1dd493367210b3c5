"""Notes, checkpoints and cosignatures are those of C2SP, byte for byte, and nothing else passes."""

import base64
import dataclasses

import pytest

from hengjian.proof import cosignatures, notes
from hengjian.proof.checkpoints import Checkpoint
from hengjian.proof.errors import ProofError
from hengjian.proof.tree import EMPTY_ROOT

# The example that C2SP signed-note prints.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK"
    "7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
SEED = bytes(range(32))
TEXT = Checkpoint("log.example", 3, bytes(32)).text


def test_example_of_the_specification_verifies() -> None:
    opened = notes.opened(notes.parse(EXAMPLE), [notes.verifier(EXAMPLE_KEY)])
    assert opened.text == "This is an example message.\n"
    assert notes.write(opened) == EXAMPLE


def test_key_of_a_signer_is_read_back() -> None:
    signer = notes.Ed25519Signer("log.example", SEED)
    verifier = notes.verifier(signer.vkey)
    assert (verifier.name, verifier.key_id) == (signer.name, signer.key_id)
    note = notes.parse(notes.write(notes.signed("one\n\ntwo\n", signer)))
    assert notes.opened(note, [verifier]).text == "one\n\ntwo\n"
    assert note.signed_by(signer) == note.signatures[0]


def test_unknown_keys_are_passed_over_and_none_left_is_refused() -> None:
    ours, other = notes.Ed25519Signer("a", SEED), notes.Ed25519Signer("b", SEED)
    same_name = notes.Ed25519Signer("a", SEED[::-1])
    note = notes.signed("text\n", other, same_name, ours)
    assert [s.name for s in notes.opened(note, [notes.verifier(ours.vkey)]).signatures] == ["a"]
    with pytest.raises(ProofError, match="no signature of a trusted key"):
        notes.opened(notes.signed("text\n", other, same_name), [notes.verifier(ours.vkey)])


def test_known_key_that_does_not_verify_spoils_the_note() -> None:
    good, bad = notes.Ed25519Signer("a", SEED), notes.Ed25519Signer("b", SEED)
    note = notes.signed("text\n", good, bad)
    spoilt = dataclasses.replace(note.signatures[1], value=bytes(64))
    with pytest.raises(ProofError, match="b：签名不符"):
        notes.opened(
            dataclasses.replace(note, signatures=(note.signatures[0], spoilt)),
            [notes.verifier(good.vkey), notes.verifier(bad.vkey)],
        )


def test_one_key_counts_once_and_each_of_its_lines_must_verify() -> None:
    signer = notes.Ed25519Signer("a", SEED)
    (line,) = notes.signed("text\n", signer).signatures
    verifier = notes.verifier(signer.vkey)
    assert notes.opened(notes.Note("text\n", (line, line)), [verifier]).signatures == (line,)
    with pytest.raises(ProofError):
        notes.opened(notes.Note("text\n", (line, dataclasses.replace(line, value=bytes(64)))), [verifier])


def test_two_keys_of_one_name_and_id_are_refused() -> None:
    signer = notes.Ed25519Signer("a", SEED)
    with pytest.raises(ProofError, match="two keys"):
        notes.opened(notes.signed("t\n", signer), [notes.verifier(signer.vkey), notes.verifier(signer.vkey)])


GOOD = base64.b64encode(bytes(68)).decode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\n\n",
        f"text\n— a {GOOD}\n".encode(),
        f"text\n\n— a {GOOD}".encode(),
        f"text\n\n- a {GOOD}\n".encode(),
        f"text\n\n—a {GOOD}\n".encode(),
        f"text\n\n—  {GOOD}\n".encode(),
        f"text\n\n— a+b {GOOD}\n".encode(),
        f"text\n\n— a\u00a0b {GOOD}\n".encode(),
        f"text\n\n— a\u3000b {GOOD}\n".encode(),
        f"text\n\n— a {GOOD} \n".encode(),
        f"text\n\n— a  {GOOD}\n".encode(),
        f"text\n\n— a {GOOD[:-1]}\n".encode(),
        f"text\n\n— a {GOOD}\nmore\n".encode(),
        f"te\txt\n\n— a {GOOD}\n".encode(),
        f"te\rxt\n\n— a {GOOD}\n".encode(),
        f"te\0xt\n\n— a {GOOD}\n".encode(),
        b"te\xffxt\n\n" + f"— a {GOOD}\n".encode(),
        "text\n\n— a AAAA\n".encode(),
        "text\n\n— a AAAAAAB=\n".encode(),  # bits left over in the last sign
        "text\n\n— a AAAA_AAA\n".encode(),
        ("text\n\n" + f"— a {GOOD}\n" * 101).encode(),
        ("t" * 1_000_000 + f"\n\n— a {GOOD}\n").encode(),
    ],
)
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError):
        notes.parse(data)


def test_sixteen_large_signatures_and_chinese_names_are_read() -> None:
    lines = tuple(notes.Signature(f"见证/{number}", bytes(4), bytes(5000)) for number in range(16))
    note = notes.Note("正文\n\n次行\n", lines)
    assert notes.parse(notes.write(note)) == note


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "bell\a\n"])
def test_text_that_cannot_be_a_note_is_not_signed(text: str) -> None:
    with pytest.raises(ProofError):
        notes.signed(text, notes.Ed25519Signer("a", SEED))


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb", "a\x01"])
def test_malformed_key_names_are_refused(name: str) -> None:
    with pytest.raises(ProofError):
        notes.Ed25519Signer(name, SEED)
    with pytest.raises(ProofError):
        notes.write(notes.Note("t\n", (notes.Signature(name, bytes(4), b"x"),)))


@pytest.mark.parametrize(
    "key",
    [
        "",
        "example.com/foo",
        EXAMPLE_KEY.replace("530d903a", "530d903b"),
        EXAMPLE_KEY.replace("530d903a", "530D903A"),
        EXAMPLE_KEY.replace("example.com/foo", "example.com/fob"),
        EXAMPLE_KEY[:-4],
        notes.vkey("a", b"\x01" + bytes(31)),
        notes.vkey("a", b"\x77" + bytes(32)),
        notes.vkey("a", b"\x06" + bytes(1311)),
        "a+" + notes.key_id("a", b"").hex() + "+",
    ],
)
def test_malformed_verifier_keys_are_refused(key: str) -> None:
    with pytest.raises(ProofError):
        notes.verifier(key)


def test_checkpoint_reads_back() -> None:
    checkpoint = Checkpoint("example.com/behind-the-sofa", 20852163, bytes(range(32)), ("more", "yet more"))
    assert Checkpoint.parse(checkpoint.text) == checkpoint
    assert checkpoint.text.split("\n")[1] == "20852163"
    assert Checkpoint.parse(Checkpoint("o", 0, EMPTY_ROOT).text).size == 0


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n3\n",
        f"o\n3\n{ROOT}",
        f"\n3\n{ROOT}\n",
        f"o\n03\n{ROOT}\n",
        f"o\n+3\n{ROOT}\n",
        f"o\n-3\n{ROOT}\n",
        f"o\n٣\n{ROOT}\n",
        f"o\n\n{ROOT}\n",
        f"o\n{1 << 63}\n{ROOT}\n",
        f"o\n{'9' * 5000}\n{ROOT}\n",
        f"o\n3\n{ROOT[:-4]}\n",
        f"o\n3\n{ROOT}\n\n",
        f"o\n3\n{ROOT}\nx\n\n",
        f"o\t\n3\n{ROOT}\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(ProofError):
        Checkpoint.parse(text)


COSIGNERS = [
    cosignatures.Ed25519Cosigner("w.example/1", SEED),
    cosignatures.MlDsa44Cosigner("w.example/1", SEED),
]


@pytest.mark.parametrize("cosigner", COSIGNERS, ids=["ed25519", "ml-dsa-44"])
def test_cosignature_is_bound_to_checkpoint_and_time(cosigner: cosignatures.Ed25519Cosigner) -> None:
    signature = cosigner.cosign(TEXT, 1679315147)
    verifier = notes.verifier(cosigner.vkey)
    note = notes.parse(notes.write(notes.Note(TEXT, (signature,))))
    assert notes.opened(note, [verifier]) == note
    assert cosignatures.timestamp(signature.value) == 1679315147
    later = (1679315148).to_bytes(8, "big") + signature.value[8:]
    assert not verifier.verify(TEXT.encode(), later)
    for other in (
        Checkpoint("log.example2", 3, bytes(32)),
        Checkpoint("log.example", 4, bytes(32)),
        Checkpoint("log.example", 3, bytes(31) + b"\x01"),
    ):
        assert not verifier.verify(other.text.encode(), signature.value)
    for broken in (b"", bytes(8), signature.value[:-1], signature.value + b"\0", b"\xff" * 72):
        assert not verifier.verify(TEXT.encode(), broken)
    assert not verifier.verify(b"no checkpoint\n", signature.value)


def test_cosignature_is_over_the_message_of_the_specification() -> None:
    from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

    old, new = (each.cosign(TEXT, 5).value[8:] for each in COSIGNERS)
    message = f"cosignature/v1\ntime 5\n{TEXT}".encode()
    ed25519.Ed25519PrivateKey.from_private_bytes(SEED).public_key().verify(old, message)
    structure = (
        b"subtree/v1\n\0\x0bw.example/1" + (5).to_bytes(8, "big") + b"\x0blog.example" + bytes(8)
        + (3).to_bytes(8, "big") + bytes(32)
    )  # fmt: skip
    mldsa.MLDSA44PrivateKey.from_seed_bytes(SEED).public_key().verify(new, structure)


def test_same_key_has_another_id_for_each_type() -> None:
    plain = notes.Ed25519Signer("w.example/1", SEED)
    assert len({plain.key_id, *(each.key_id for each in COSIGNERS)}) == 3


def test_extension_lines_are_signed_by_ed25519_only() -> None:
    longer = Checkpoint("log.example", 3, bytes(32), ("extra",)).text.encode()
    old, new = (notes.verifier(each.vkey).verify(longer, each.cosign(TEXT, 5).value) for each in COSIGNERS)
    assert (old, new) == (False, True)


@pytest.mark.parametrize("cosigner", COSIGNERS, ids=["ed25519", "ml-dsa-44"])
def test_what_cannot_be_cosigned_is_refused(cosigner: cosignatures.Ed25519Cosigner) -> None:
    for text, time in ((TEXT, -1), (TEXT, 1 << 63), ("no checkpoint\n", 1)):
        with pytest.raises(ProofError):
            cosigner.cosign(text, time)
    with pytest.raises(ProofError):
        cosignatures.timestamp(b"\xff" * 72)
