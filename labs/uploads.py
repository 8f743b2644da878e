"""Stopping an upload that is too big before it is written anywhere; F-122."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

ENVELOPE = 1_000_000  # what the other fields and the multipart frame may take


class SizeLimit(FileUploadHandler):
    """Refuses to read on when the request announces more than IMPORT_MAX_BYTES.

    The form then lacks its file; `too_big` tells why.
    """

    announced = 0

    def handle_raw_input(self, *raw: Any, **more: Any) -> None:
        self.announced = raw[2]  # input, headers, length, boundary

    def new_file(self, *args: Any, **more: Any) -> None:
        if self.announced > settings.IMPORT_MAX_BYTES + ENVELOPE:
            raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def too_big(meta: Mapping[str, Any]) -> bool:
    """Whether a request announced more than may be imported."""
    length = str(meta.get("CONTENT_LENGTH") or "0")
    return length.isdigit() and int(length) > settings.IMPORT_MAX_BYTES + ENVELOPE
