"""What a column of an exported row is: its kind decides how every format writes it.

| kind      | JSON            | CSV and NDJSON                                     |
| text      | string          | the same                                           |
| integer   | number          | the same                                           |
| decimal   | string, exact   | CSV: the digits; NDJSON: string                    |
| date      | "2026-01-31"    | the same                                           |
| time      | "08:15:00"      | the same                                           |
| timestamp | UTC with offset | the same, "2026-01-31T08:15:00.000000+00:00"       |
| boolean   | true, false     | the same                                           |
What is not known is null in JSON and an empty cell in CSV.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, cast

from django.db.models import Expression, F

from trial.web.formats import plain_number

Kind = Literal["text", "integer", "decimal", "date", "time", "timestamp", "boolean"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Where the view has none of this name, `expression` makes it in SQL, or
    `derive` in Python from the row's columns that `needs` names. `stored`: what the query calls
    it, where a field of the table has its name and is something else.
    """

    name: str
    kind: Kind
    text: str
    expression: Expression | F | None = None
    derive: Callable[[Mapping[str, Any]], str | int | Decimal | None] | None = None
    needs: tuple[str, ...] = ()
    stored: str = ""

    @property
    def source(self) -> str:
        """What the query calls it."""
        return self.stored or self.name

    def show(self, row: Mapping[str, Any]) -> object:
        """The column's value in a row from the database, as JSON shows it."""
        return self._plain(self.derive(row) if self.derive else row[self.source])

    def _plain(self, stored: Any) -> object:
        if stored is None or self.kind in ("text", "integer", "boolean"):
            return stored
        if self.kind == "decimal":
            return format(stored, "f")
        if isinstance(stored, datetime):
            return stored.astimezone(UTC).isoformat(timespec="microseconds")
        return stored.isoformat()


def once(row: Mapping[str, Any], key: str, make: Callable[[Mapping[str, Any]], Any]) -> Any:
    """What is made from a whole row, worked out once for all the columns that are derived from it,
    and kept in the row under `key`."""
    held = cast("dict[str, Any]", row)
    if key not in held:
        held[key] = make(row)
    return held[key]


def trimmed(value: Any) -> Any:
    """A number without the zeros that a division to four decimals adds; anything else as it is."""
    return Decimal(plain_number(value)) if isinstance(value, Decimal) else value


def annotations(columns: tuple[Column, ...]) -> Mapping[str, Expression | F]:
    """The expressions that make the columns which the view does not have."""
    return {column.source: column.expression for column in columns if column.expression is not None}
