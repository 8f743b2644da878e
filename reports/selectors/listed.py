"""The first rows of a list together with how many there are, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Count, Model, QuerySet, Window

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """`rows` are the first of `total`."""

    rows: Sequence[Row]
    total: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.rows)


def first(rows: "QuerySet[Row]", limit: int) -> "Listed[Row]":
    """The first `limit` rows, and the count of all."""
    found: list[Any] = list(rows.annotate(listed_total=Window(Count("pk")))[:limit])
    return Listed(found, found[0].listed_total if found else 0)


def first_in_two(rows: "QuerySet[Row]", limit: int) -> "Listed[Row]":
    """The same in two statements, for rows that are filtered by a window: it is counted before."""
    return Listed(list(rows[:limit]), rows.count())
