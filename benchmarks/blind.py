"""One blind signature at 3072 bits against OpenSSL's plain PSS signature, in turns within one run.

    .venv/bin/python -m benchmarks.blind [rounds, default 15]

CPU time of one thread. OpenSSL signs through ``cryptography``; ours is gmpy2 in constant time with fresh
blinding of the base and verification before release.
"""

import secrets
import statistics
import sys
import time
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from benchmarks.measure import write
from hengjian.proof.blind import blind, blind_sign, finalize, prepare, verify
from hengjian.proof.blind_keys import SecretKey

TIMES = 60


def cpu(act: Callable[[], object]) -> float:
    """CPU time of one call, in microseconds."""
    started = time.process_time()
    for _ in range(TIMES):
        act()
    return (time.process_time() - started) / TIMES * 1e6


def main() -> None:
    """Measure in turns, so that a change of the clock's speed meets both, and write the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    key = SecretKey.generated()
    plain = serialization.load_pem_private_key(key.pem(), None)
    assert isinstance(plain, rsa.RSAPrivateKey)
    scheme = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
    prepared = prepare(
        key.public, b"a ballot of a good length, 64 bytes or so, as the page makes it.", secrets.token_bytes
    )
    hidden = blind(key.public, prepared, secrets.token_bytes)
    answer = blind_sign(key, hidden.message, secrets.token_bytes)
    signature = finalize(key.public, prepared, answer, hidden.inverse)
    acts: dict[str, Callable[[], object]] = {
        "OpenSSL PSS": lambda: plain.sign(prepared, scheme, hashes.SHA384()),
        "blind_sign": lambda: blind_sign(key, hidden.message, secrets.token_bytes),
        "blind": lambda: blind(key.public, prepared, secrets.token_bytes),
        "finalize": lambda: finalize(key.public, prepared, answer, hidden.inverse),
        "verify": lambda: verify(key.public, prepared, signature),
    }
    taken = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            taken[name].append(cpu(act))
    base = taken["OpenSSL PSS"]
    rows = [
        {
            "what": name,
            "best us": min(times),
            "median us": statistics.median(times),
            "ratio": statistics.median(one / other for one, other in zip(times, base, strict=True)),
        }
        for name, times in taken.items()
    ]
    goals = {"blind_sign within 4 x of OpenSSL's PSS (median of rounds)": rows[1]["ratio"] <= 4}
    write("blind", rows, goals)


if __name__ == "__main__":
    main()
