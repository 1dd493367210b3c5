"""Time-stamps by RFC 3161: an authority signs the digest of a checkpoint's text and its own time.

The token is kept whole (DER). ``openssl ts -verify -data TEXT -in TOKEN.tsr -CAfile ROOTS.pem`` checks
it without any of our code; TEXT is the three lines of the checkpoint without signatures.
The library here verifies RSA and ECDSA with SHA-2. An authority that signs with SM2 is not covered.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hengjian.notary.anchors.errors import differs, missing_extra, unreachable
from hengjian.notary.anchors.rpc import TIMEOUT, post
from hengjian.terms.errors import Refused

QUERY = "application/timestamp-query"


@dataclass(frozen=True)
class Stamp:
    """An answer of the authority: the token whole, and the time in it."""

    token: bytes
    at: datetime


@dataclass(frozen=True)
class Authority:
    """A time-stamping authority and the certificates that are trusted for it."""

    url: str
    roots: tuple[bytes, ...]
    timeout: float = TIMEOUT

    def stamp(self, text: str) -> Stamp:
        """Have a text stamped; the answer is verified before it is given out."""
        rfc = _library()
        builder = rfc.TimestampRequestBuilder().data(text.encode())
        asked = builder.hash_algorithm(rfc.HashAlgorithm.SHA256).nonce(nonce=True).build()
        raw = post(self.url, asked.as_bytes(), QUERY, self.timeout)
        answer = self._decoded(raw)
        self._verify(rfc.VerifierBuilder.from_request(asked), answer, text)
        return Stamp(raw, answer.tst_info.gen_time)

    def verified(self, token: bytes, text: str) -> datetime:
        """The time at which this text was stamped; ``Tampered`` when the token does not say so."""
        answer = self._decoded(token)
        self._verify(_library().VerifierBuilder(), answer, text)
        at: datetime = answer.tst_info.gen_time
        return at

    def _decoded(self, raw: bytes) -> Any:
        try:
            answer = _library().decode_timestamp_response(raw)
        except ValueError as error:
            raise unreachable(self.url, f"回答不是时间戳：{error}") from error
        if answer.status not in {0, 1}:
            raise unreachable(self.url, f"时间戳机构拒绝了请求（状态 {answer.status}）")
        return answer

    def _verify(self, builder: Any, answer: Any, text: str) -> None:
        from cryptography.x509 import load_der_x509_certificate

        for root in self.roots:
            builder = builder.add_root_certificate(load_der_x509_certificate(root))
        try:
            builder.build().verify_message(answer, text.encode())
        except (_library().VerificationError, ValueError) as error:
            raise differs(f"时间戳核对不上：{error}", self.url) from error


def read_roots(path: Path) -> tuple[bytes, ...]:
    """The certificates of a PEM file."""
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificates

    try:
        found = load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise Refused(
            f"读不了根证书文件（{why}）",
            where=str(path),
            do="请放入时间戳机构的根证书（PEM）",
            code="anchor.roots",
        ) from error
    return tuple(one.public_bytes(Encoding.DER) for one in found)


def _library() -> Any:
    try:
        import rfc3161_client
    except ImportError as error:
        raise missing_extra("rfc3161-client") from error
    return rfc3161_client
