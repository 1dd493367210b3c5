"""What a normalisation reads of the others: ends, mean, spread and ranks inside each group."""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hengjian.scoring.facts import Floats, Ints


@dataclass(frozen=True)
class Pool:
    """The values of one indicator in one group, in rising order.

    Clause: SPEC A9
    """

    values: tuple[float, ...]

    @cached_property
    def mean(self) -> float:
        """Their mean, rounded once.

        Clause: SPEC A9
        """
        return math.fsum(self.values) / len(self.values)

    @cached_property
    def spread(self) -> float:
        """Their sample standard deviation.

        Clause: SPEC A9
        """
        if len(self.values) < 2:
            return 0.0
        return math.sqrt(math.fsum((v - self.mean) ** 2 for v in self.values) / (len(self.values) - 1))

    def worse(self, value: float, direction: int) -> int:
        """How many are worse than a value.

        Clause: SPEC A9
        """
        if direction > 0:
            return bisect_left(self.values, value)
        return len(self.values) - bisect_right(self.values, value)


class Rows:
    """An array that is read row by row as plain figures; the last row is kept.

    Clause: SPEC F3
    """

    def __init__(self, array: NDArray[Any]) -> None:
        self._array, self._at = array, -1
        self._row: Any = None

    def __getitem__(self, at: int) -> Any:
        if at != self._at:
            self._row, self._at = self._array[at].tolist(), at
        return self._row


def pools_of(values: Floats, group: Ints) -> dict[int, Pool]:
    """The known values of each group.

    Clause: SPEC A3
    Shapes: values, group (n,).
    """
    order = np.lexsort((values, group))
    known = order[~np.isnan(values[order])]
    held: dict[int, list[float]] = {}
    for key, value in zip(group[known].tolist(), values[known].tolist(), strict=True):
        held.setdefault(key, []).append(value)
    return {key: Pool(tuple(found)) for key, found in held.items()}
