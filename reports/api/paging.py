"""Pages by key: stable while rows come and go, and the last page costs what the first does.

A cursor is the key of the last row shown, signed together with the question asked: one that was
made up, altered, or carried over to another filter or order is refused.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from reports.dataset import Dataset
from trial.access.exceptions import Refused

PAGE_SIZE = 100
MAX_PAGE_SIZE = 1_000
_SALT = "reports.api.cursor"
_PARSERS: dict[str, Callable[[str], object]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "int": int,
    "str": str,
}


def fields_of(dataset: Dataset, ordering: str) -> tuple[str, ...]:
    """The fields `ordering` means, made unique by the dataset's key; "-" turns all around.

    Raises Refused for what is not on the dataset's list.
    """
    name = ordering.removeprefix("-")
    if name not in dataset.orders:
        known = ", ".join(dataset.orders)
        raise Refused({"ordering": [_("Choose one of %(known)s.") % {"known": known}]})
    sign = "-" if ordering.startswith("-") else ""
    first = () if name == "id" else (name,)
    return tuple(sign + field for field in (*first, *dataset.key))


class Paginator:
    """One page of a dataset, and the addresses of the pages after it."""

    def __init__(self, request: Request, dataset: Dataset) -> None:
        self.request = request
        self.dataset = dataset
        self.order = fields_of(dataset, request.query_params.get("ordering", "id"))
        self.size = _size(request.query_params.get("page_size"))
        self._signer = signing.TimestampSigner(salt=_SALT + self._question())

    def page(self, rows: QuerySet[Any]) -> Response:
        """{next, results}: the rows after the request's cursor."""
        cursor = self.request.query_params.get("cursor")
        if cursor is not None:
            rows = rows.filter(self._after(self._read(cursor)))
        names = {*self.dataset.stored, *(field.lstrip("-") for field in self.order)}
        found = list(rows.order_by(*self.order).values(*names)[: self.size + 1])
        shown = found[: self.size]
        return Response(
            {
                "next": self._next(shown[-1]) if len(found) > self.size else None,
                "results": [self.dataset.show(row) for row in shown],
            }
        )

    def _question(self) -> str:
        """What was asked, without where in the answer: filters, order and dataset."""
        asked = sorted(
            (name, value)
            for name, value in self.request.query_params.items()
            if name not in ("cursor", "page_size")
        )
        return hashlib.sha256(f"{self.dataset.name}?{urlencode(asked)}".encode()).hexdigest()

    def _after(self, values: Sequence[Any]) -> Q:
        """Rows beyond a key: f1 > a or (f1 = a and (f2 > b or ...)), with the bound f1 >= a
        spelled out so that an index on it serves."""
        beyond = Q(pk__in=())
        for field, value in reversed(list(zip(self.order, values, strict=True))):
            name = field.lstrip("-")
            word = "lt" if field.startswith("-") else "gt"
            beyond = Q(**{f"{name}__{word}": value}) | (Q(**{name: value}) & beyond)
        first = self.order[0]
        word = "lte" if first.startswith("-") else "gte"
        return Q(**{f"{first.lstrip('-')}__{word}": values[0]}) & beyond

    def _next(self, row: dict[str, Any]) -> str:
        key = [_written(row[field.lstrip("-")]) for field in self.order]
        cursor = self._signer.sign_object(key, compress=False)
        query = {**self.request.query_params.dict(), "cursor": cursor}
        return self.request.build_absolute_uri(f"{self.request.path}?{urlencode(query)}")

    def _read(self, cursor: str) -> list[Any]:
        try:
            return [_PARSERS[kind](text) for kind, text in self._signer.unsign_object(cursor)]
        except signing.BadSignature as error:
            message = _("This cursor does not belong to this question. Start without one.")
            raise Refused({"cursor": [message]}) from error


def _written(value: int | str | date) -> tuple[str, str]:
    text = value.isoformat() if isinstance(value, date) else str(value)
    return type(value).__name__, text


def _size(text: str | None) -> int:
    if text is None:
        return PAGE_SIZE
    digits = text.isascii() and text.isdigit() and len(text) < 6
    if not (digits and 1 <= int(text) <= MAX_PAGE_SIZE):
        message = _("Give a whole number from 1 to %(most)s.") % {"most": MAX_PAGE_SIZE}
        raise Refused({"page_size": [message]})
    return int(text)
