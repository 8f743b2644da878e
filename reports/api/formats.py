"""The three formats of a dataset, and how a request chooses one."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer

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


RENDERERS = [JSONRenderer, CsvRenderer, NdjsonRenderer]


class Negotiation(DefaultContentNegotiation):
    """An unknown `format=` is a bad value like any other: 400, not 404."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:  # noqa: A002 - DRF's name
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            known = ", ".join(renderer.format for renderer in renderers)
            raise Refused({"format": [_("Choose one of %(known)s.") % {"known": known}]})
        return found
