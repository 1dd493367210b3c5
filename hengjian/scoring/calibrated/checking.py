"""Hold a stated calibration table against a new fit."""

from collections.abc import Iterable

Difference = tuple[str, str, str]
# a figure on the edge of two sixth decimals may fall to either side on another machine
ROUNDING = 1.5e-6


def beyond_rounding(differences: Iterable[Difference]) -> list[Difference]:
    """Those differences (path, stated, found) that no rounding of the sixth decimal explains.

    Clause: SPEC F3, SPEC B3
    """
    return [held for held in differences if not _rounding(held[1], held[2])]


def _rounding(stated: str, found: str) -> bool:
    try:
        return abs(float(stated) - float(found)) <= ROUNDING
    except ValueError:
        return False
