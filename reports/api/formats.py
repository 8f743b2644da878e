"""The four formats of a dataset, and how a request chooses one."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from django.http import FileResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer

from reports.dataset import Dataset
from reports.exports import CONTENT_TYPES, Export, Format
from reports.past import of_snapshot
from reports.services.snapshots import Stored
from trial.access.exceptions import Refused


class _Download(BaseRenderer):
    """Named for the negotiation; the file itself is written by reports/exports.py."""

    charset: str | None = "utf-8"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        raise NotImplementedError


class CsvRenderer(_Download):
    media_type = "text/csv"
    format = "csv"


class NdjsonRenderer(_Download):
    media_type = "application/x-ndjson"
    format = "ndjson"


class ParquetRenderer(_Download):
    media_type = "application/vnd.apache.parquet"
    format = "parquet"
    charset = None


RENDERERS: list[type[BaseRenderer]] = [
    JSONRenderer,
    CsvRenderer,
    NdjsonRenderer,
    ParquetRenderer,
]


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
            **_standing(made),
        },
    )


def _standing(made: Export) -> Mapping[str, str]:
    """Which past state a file shows, or of one of now where the next pull begins."""
    if made.moment:
        return made.moment.headers
    said = {"X-Next-Changed-Since": made.next_since.isoformat()}
    if made.seal:
        said |= {"X-Audit-Seal": str(made.seal.n), "X-Audit-Root": bytes(made.seal.root).hex()}
    return said


def stored_response(stored: Stored) -> StreamingHttpResponse:
    """A file of a snapshot, exactly as it was written."""
    file = stored.file
    digest = b64encode(bytes.fromhex(file.sha256)).decode()
    name = f"{file.dataset}_snapshot-{file.snapshot.number}.{file.format}"
    return StreamingHttpResponse(
        stored.pieces,
        content_type=CONTENT_TYPES[file.format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(file.size),
            "X-Row-Count": str(file.rows),
            "X-SHA256": file.sha256,
            "Repr-Digest": f"sha-256=:{digest}:",
            **of_snapshot(file.snapshot).headers,
        },
    )
