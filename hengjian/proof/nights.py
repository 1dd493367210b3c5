"""A tree within a leaf: many entries of one night under one root, of which nobody can say how many they are.

The log shows how many leaves of a kind a day has, and such a number can say what nobody may know. So entries
of some kinds get no leaf of their own: they stand at places drawn by chance in a tree of a fixed size. What
fills its empty places looks the same; a record with the tree's root is the leaf. Whoever is given the path of
one entry sees that it stands there, and nothing of the others.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from hengjian.proof.commitments import Entry, commitment
from hengjian.proof.errors import ProofError
from hengjian.proof.tree import inclusion_proof, leaf_hash, parents, verify_inclusion

KIND = "notary.night"
LEAST = 4096  # places of a night: a path says only that there were no more


def size_for(count: int) -> int:
    """How many places a night of so many entries has: a power of two, the same for every usual night.

    Clause: SPEC F3, NORMS L5
    """
    return max(LEAST, 1 << (count - 1).bit_length()) if count else LEAST


@dataclass(frozen=True)
class NightTree:
    """The entries of a night by their places; the rest is filled from the seed.

    Clause: SPEC F3, NORMS L5
    """

    size: int
    seed: bytes
    entries: Mapping[int, bytes]

    @cached_property
    def _rows(self) -> list[list[bytes]]:
        if self.size < 1 or self.size & (self.size - 1):
            raise ProofError(
                f"一夜的位数不合：{self.size}", english=f"impossible size of a night {self.size}"
            )
        rows = [[self._leaf(place) for place in range(self.size)]]
        while len(rows[-1]) > 1:
            rows.append(parents(rows[-1]))
        return rows

    def _leaf(self, place: int) -> bytes:
        entry = self.entries.get(place)
        return hmac.digest(self.seed, place.to_bytes(8), "sha256") if entry is None else leaf_hash(entry)

    @property
    def root(self) -> bytes:
        """The root over all places."""
        return self._rows[-1][0]

    def path(self, place: int) -> tuple[bytes, ...]:
        """The hashes that lead from a place to the root."""
        return inclusion_proof(place, self.size, lambda level, index: self._rows[level][index])


@dataclass(frozen=True)
class Within:
    """Where an entry stands within a night, and what opens the night's own leaf.

    Clause: SPEC F3
    """

    entry: bytes
    record: bytes
    salt: bytes
    place: int
    path: tuple[bytes, ...]

    def check(self, entry: bytes) -> None:
        """That the entry stands in this night.

        Clause: SPEC F3
        Raises: ProofError naming what does not fit.
        """
        night = Entry.parse(self.entry)
        fits = hmac.compare_digest(commitment(self.salt, self.record), night.commitment)
        if night.kind != KIND or not fits:
            raise ProofError(
                "每夜存证的记录和盐值算不出其条目中的承诺值",
                "within",
                english="record and salt of the night do not give the commitment of its entry",
            )
        size, root = _said(self.record)
        verify_inclusion(self.place, size, leaf_hash(entry), root, self.path)


def _said(record: bytes) -> tuple[int, bytes]:
    try:
        row = json.loads(record)["row"]
        size, root = row["size"], bytes.fromhex(row["root"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProofError(
            "每夜存证的记录不可读", "within", english="unreadable record of the night"
        ) from error
    if type(size) is not int:
        raise ProofError("每夜存证的记录不可读", "within", english="unreadable record of the night")
    return size, root
