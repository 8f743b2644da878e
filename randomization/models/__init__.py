from randomization.models.allocation import Allocation, AllocationQuerySet, ListCommitment
from randomization.models.unblinding import (
    CATEGORIES,
    Category,
    Kind,
    Unblinding,
    UnblindingQuerySet,
    WhoLearned,
)

__all__ = [
    "CATEGORIES",
    "Allocation",
    "AllocationQuerySet",
    "Category",
    "Kind",
    "ListCommitment",
    "Unblinding",
    "UnblindingQuerySet",
    "WhoLearned",
]
