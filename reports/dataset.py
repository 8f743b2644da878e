"""What a dataset of /api/v1/ is: its rows, its columns, who may read them, in which orders."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from reports.columns import Column, annotations
from reports.models import EvaluatedQuerySet
from trial.access.policy import AnyUser
from trial.access.roles import Permission


@dataclass(frozen=True, slots=True)
class Dataset:
    """One kind of exported row. `key` fields make a row unique and are the default order.

    `orders` are what `ordering=` may name: columns that are never null.
    """

    name: str
    text: str
    rows: QuerySet[Any]  # with visible_to(user, permission)
    permission: Permission
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    orders: tuple[str, ...]
    append_only: bool = False  # no row ever changes: a past state is a part of the rows
    # Columns that hold something in each row; None: as the view's own fields say.
    filled: tuple[str, ...] | None = None

    def visible_to(self, user: AnyUser, *more: Permission) -> QuerySet[Any]:
        """The rows of the sites where a user has the dataset's right and `more`, with every
        column; not yet filtered or ordered."""
        rows: Any = self.rows
        for permission in (self.permission, *more):
            rows = rows.visible_to(user, permission)
        if isinstance(rows, EvaluatedQuerySet):
            rows = rows.published()
        annotated: QuerySet[Any] = rows.annotate(**annotations(self.columns))
        return annotated

    def everything(self) -> QuerySet[Any]:
        """All rows of all sites, for a snapshot; not for any one user."""
        rows = self.rows.published() if isinstance(self.rows, EvaluatedQuerySet) else self.rows
        annotated: QuerySet[Any] = rows.annotate(**annotations(self.columns))
        return annotated

    @property
    def view(self) -> str:
        """The view, or of a form the table, that the rows are of."""
        return str(self.rows.model._meta.db_table)

    @property
    def reads(self) -> tuple[str, ...]:
        """The views and tables that the rows are read from."""
        joined = {part.table_name for part in self.everything().query.alias_map.values()}
        return tuple(sorted({self.view, *joined}))

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def stored(self) -> tuple[str, ...]:
        """The columns to read from the database, those that others are derived from included."""
        read = [column.source for column in self.columns if not column.derive]
        needed = [name for column in self.columns for name in column.needs]
        return tuple(dict.fromkeys([*read, *needed]))

    @property
    def derived(self) -> bool:
        """Whether Python makes a column, so that SQL alone can't write the rows."""
        return any(column.derive for column in self.columns)

    def show(self, row: Mapping[str, Any]) -> dict[str, object]:
        """A row of `.values(*stored)` as JSON shows it."""
        return {column.name: column.show(row) for column in self.columns}
