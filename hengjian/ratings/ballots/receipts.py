"""The code that a rater keeps. The rater's browser draws it; only its digest ever comes here.

So whoever reads the database cannot answer in a rater's name, and an answer lost on the way loses nothing.
"""

from hashlib import sha256

from hengjian.proof.blind_keys import Random, drawn

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # five bits each; none that is mistaken for another
LENGTH = 20  # 100 bits: too many to try
_DOMAIN = b"hengjian ballot receipt 1\n"


def new_code(random: Random) -> str:
    """A code as it is shown, for a ballot that somebody fills in for the rater.

    Clause: NORMS L7
    """
    letters = "".join(LETTERS[byte & 31] for byte in drawn(random, LENGTH))
    return "-".join(letters[at : at + 5] for at in range(0, LENGTH, 5))


def digest(code: str) -> str:
    """What is stored of a code, however it was copied from paper; a wrong form matches nothing.

    Clause: NORMS L7
    """
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return sha256(_DOMAIN + plain.encode()).hexdigest()
