"""What the protocol settles about the diagnosis scores; clinical rules §4."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RevisedScoreParameters:
    """The revised original score (IAIHG 1999), where reproductions of it differ.

    Other autoantibodies and HLA are "optional" items there; by one reading they count only in
    patients without ANA, SMA and LKM-1. Clinical rules §4.2 names no such condition.
    """

    optional_only_if_seronegative: bool = False
