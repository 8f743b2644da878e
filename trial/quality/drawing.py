"""Who is in the sample of a verification plan: a draw that anybody can do again.

A participant is drawn if the first four bytes of SHA-256 over "<seed>:<code>", as a number from
0 to 1, lie below the share. trial/quality/selectors/verification.py says the same in SQL, by test.
"""

import hashlib

FULL = 1 << 32


def drawn(seed: int, percent: int, code: str) -> bool:
    """Whether the participant with this code is in the sample."""
    digest = hashlib.sha256(f"{seed}:{code}".encode()).digest()
    return int.from_bytes(digest[:4]) * 100 < percent * FULL
