"""Who is in the sample of a verification plan: a draw that anybody can repeat. Pure.

Each participant is drawn alone: the first eight bytes of SHA-256 over "<seed>:<code>", as a share
of all they can be, lie below the plan's share or not. The order of enrolment plays no part.
"""

from hashlib import sha256

_ALL = 1 << 64


def drawn(seed: str, code: str, share: int) -> bool:
    """Whether the participant with this code is in a sample of `share` percent."""
    number = int.from_bytes(sha256(f"{seed}:{code}".encode()).digest()[:8], "big")
    return number * 100 < share * _ALL
