"""Which events of the trail change what a monitor compares with the source.

What is computed from a value stands in no source: a laboratory's range that is corrected changes
flag and limits of many results, and nothing that anybody read off a paper.
"""

from django.db.models import Q

COMPUTED = (
    "canonical", "range_id", "range_low", "range_high", "flag",
    "ordered_cells", "ordered_ml", "prepared_grade", "given_cells", "given_grade",
)  # fmt: skip


def observed(field: str = "") -> Q:
    """Events that change a row, or with `field` that value of it; a new or removed row changes
    all of its values."""
    touched = Q(fields__contains=[field]) if field else ~Q(fields__contained_by=list(COMPUTED))
    return Q(kind__in=("insert", "delete")) | Q(kind="update") & touched
