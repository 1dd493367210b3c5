"""Asking witnesses for cosignatures: the client of C2SP tlog-witness add-checkpoint.

* All are asked at once, each with its own time limit; one that is slow or silent holds up no other.
* What a witness answers is checked before it is believed: a cosignature counts only when it verifies
  under the key in the trust policy, over the very text that was sent.
* 409 tells the size that the witness knows. Smaller than ours: it is asked again with a proof from
  there. Larger: this database is older than what was witnessed, and everything stops.
* 422 says that our tree does not continue what it saw: everything stops.
"""

import http.client
import ssl
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from hengjian.proof import notes
from hengjian.proof.errors import ProofError

PATIENCE = 5.0  # seconds for one answer
LONGEST_ANSWER = 64 * 1024
MOST_PROOF = 63


@dataclass(frozen=True)
class Witness:
    """A witness of the trust policy that has an address."""

    name: str
    verifier: notes.Verifier
    url: str


class Said(Enum):
    """What came of asking."""

    COSIGNED = "cosigned"
    OTHER_SIZE = "other_size"  # 409
    INCONSISTENT = "inconsistent"  # 422
    REFUSED = "refused"  # any other answer
    SILENT = "silent"


@dataclass(frozen=True)
class Answer:
    """A witness's answer: ``size`` is what it now knows, where it told."""

    witness: Witness
    said: Said
    size: int = 0
    signatures: tuple[notes.Signature, ...] = ()
    why: str = ""


def request(old: int, proof: Sequence[bytes], checkpoint: notes.Note) -> bytes:
    """The body of an add-checkpoint request."""
    if len(proof) > MOST_PROOF:
        raise ProofError("一致性证明过长", english="consistency proof too long")
    lines = [f"old {old}\n", *(f"{notes.to_base64(part)}\n" for part in proof), "\n"]
    return "".join(lines).encode() + notes.write(checkpoint)


def ask_all(
    sizes: Mapping[Witness, int],
    checkpoint: notes.Note,
    size: int,
    prove: Callable[[int, int], tuple[bytes, ...]],
) -> list[Answer]:
    """Ask all witnesses for this checkpoint; ``sizes``: what each is believed to know.

    ``prove(old, new)`` is called in the caller's thread only.
    """
    if not sizes:
        return []
    with ThreadPoolExecutor(len(sizes), thread_name_prefix="witness") as pool:

        def ask_each(believed: Mapping[Witness, int]) -> list[Answer]:
            bodies = {w: request(old, prove(old, size), checkpoint) for w, old in believed.items()}
            return list(pool.map(lambda item: ask(item[0], item[1], checkpoint), bodies.items()))

        answers = ask_each({w: min(old, size) for w, old in sizes.items()})
        behind = {a.witness: a.size for a in answers if a.said is Said.OTHER_SIZE and a.size <= size}
        if not behind:
            return answers
        again = {answer.witness: answer for answer in ask_each(behind)}
        return [again.get(answer.witness, answer) for answer in answers]


def ask(witness: Witness, body: bytes, checkpoint: notes.Note) -> Answer:
    """Send one request and judge the answer."""
    try:
        status, kind, said = _post(f"{witness.url.rstrip('/')}/add-checkpoint", body)
    except (OSError, http.client.HTTPException, ValueError) as fault:
        return Answer(witness, Said.SILENT, why=f"{type(fault).__name__}: {fault}"[:200])
    if status == 200:
        return _cosigned(witness, said, checkpoint)
    if status == 409 and kind == "text/x.tlog.size" and said.strip().isdigit() and len(said) <= 20:
        return Answer(witness, Said.OTHER_SIZE, size=int(said), why=f"409 {int(said)}")
    if status == 422:
        return Answer(witness, Said.INCONSISTENT, why="422")
    return Answer(witness, Said.REFUSED, why=f"HTTP {status}")


def _cosigned(witness: Witness, said: bytes, checkpoint: notes.Note) -> Answer:
    """Keep the signatures of the witness's key that verify over our own text."""
    try:
        lines = notes.parse(checkpoint.text.encode() + b"\n" + said)
        kept = notes.opened(lines, [witness.verifier])
    except ProofError as fault:
        return Answer(witness, Said.REFUSED, why=str(fault)[:200])
    return Answer(witness, Said.COSIGNED, signatures=kept.signatures)


def _post(url: str, body: bytes) -> tuple[int, str, bytes]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"not an address: {url[:100]}")
    link: http.client.HTTPConnection
    if parts.scheme == "https":
        link = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=PATIENCE, context=ssl.create_default_context()
        )
    else:
        link = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        link.request("POST", parts.path or "/", body, {"Content-Type": "text/plain; charset=utf-8"})
        answer = link.getresponse()
        said = answer.read(LONGEST_ANSWER + 1)
        if len(said) > LONGEST_ANSWER:
            raise ValueError("answer too long")
        return answer.status, answer.headers.get_content_type(), said
    finally:
        link.close()
