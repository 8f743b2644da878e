"""The three formats of a dataset, and how a request chooses one."""

from base64 import b64encode
from typing import Any

from django.http import FileResponse
from django.utils.translation import gettext as _
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer

from reports.datasets import Dataset
from reports.exports import CONTENT_TYPES, Export, Format
from trial.access.exceptions import Refused


class _Download(BaseRenderer):
    """Named for the negotiation; the file itself is written by reports/exports.py."""

    charset = "utf-8"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        raise NotImplementedError


class CsvRenderer(_Download):
    media_type = "text/csv"
    format = "csv"


class NdjsonRenderer(_Download):
    media_type = "application/x-ndjson"
    format = "ndjson"


RENDERERS: list[type[BaseRenderer]] = [JSONRenderer, CsvRenderer, NdjsonRenderer]


class Negotiation(DefaultContentNegotiation):
    """An unknown `format=` is a bad value like any other: 400, not 404."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:  # noqa: A002 - DRF's name
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            known = ", ".join(renderer.format for renderer in renderers)
            raise Refused({"format": [_("Choose one of %(known)s.") % {"known": known}]})
        return found


def file_response(dataset: Dataset, how: Format, made: Export) -> FileResponse:
    """A finished export, to be saved under a name that says nothing about its content's filter."""
    digest = b64encode(bytes.fromhex(made.sha256)).decode()
    return FileResponse(
        made.file,
        as_attachment=True,
        filename=f"{dataset.name}_{made.snapshot_at:%Y%m%dT%H%M%SZ}.{how}",
        content_type=CONTENT_TYPES[how],
        headers={
            "X-Row-Count": str(made.rows),
            "X-SHA256": made.sha256,
            "Repr-Digest": f"sha-256=:{digest}:",
            "X-Snapshot-At": made.snapshot_at.isoformat(),
            "X-Next-Changed-Since": made.next_since.isoformat(),
        },
    )
