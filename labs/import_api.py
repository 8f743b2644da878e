"""/api/v1/lab-imports/: sending a laboratory's file from another system, and following it."""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, ClassVar

from django.conf import settings
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from labs.import_report import progress_of, shown
from labs.import_wording import failure_text, file_error_text
from labs.importing import mapping as mappings
from labs.importing.problems import FileError
from labs.models import ImportBatch, ImportStatus, Laboratory
from labs.services import imports
from labs.services.submissions import answer_once
from trial.access.exceptions import Refused
from trial.access.http import actor
from trial.access.models import Site
from trial.access.policy import sites_for
from trial.access.roles import Permission
from trial.web.rest import KEY_HEADER, idempotency_key

PIECE = 256 * 1024
FINDINGS_PAGE = 1_000
FIELDS = ("site", "laboratory", "file_name", "mapping", "dry_run", "skip_errors")
FINDING_FIELDS = ("kind", "after")


class TooBig(Refused):
    """The body is larger than may be imported."""

    status = 413


class CsvParser(BaseParser):
    """The body as it comes: it is read piece by piece by the view, never as a whole."""

    media_type = "text/csv"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return {"file": stream}


class ImportIn(serializers.Serializer[Any]):
    """The fields of a multipart upload."""

    site = serializers.CharField(help_text="Code of the site.")
    laboratory = serializers.CharField(required=False, help_text="Needed if the site has several.")
    file = serializers.FileField()
    mapping = serializers.CharField(
        required=False, help_text="Name of a built-in mapping, or a mapping as JSON or TOML."
    )
    dry_run = serializers.ChoiceField(["0", "1"], required=False, help_text="1: check only.")
    skip_errors = serializers.ChoiceField(
        ["0", "1"], required=False, help_text="1: leave values with errors out."
    )


class ImportOut(serializers.Serializer[Any]):
    """Where a file stands. `rows_done` of `rows_work` while the work is under way."""

    id = serializers.IntegerField()
    site = serializers.CharField()
    laboratory = serializers.CharField()
    file_name = serializers.CharField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField()
    status = serializers.ChoiceField(ImportStatus.choices)
    dry_run = serializers.BooleanField()
    skip_errors = serializers.BooleanField()
    rows_total = serializers.IntegerField()
    rows_done = serializers.IntegerField()
    rows_work = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField())
    failure = serializers.CharField(allow_null=True)
    uploaded_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)


class FindingOut(serializers.Serializer[Any]):
    """One error, conflict or warning at a cell."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(["error", "conflict", "warning"])
    code = serializers.CharField()
    line = serializers.IntegerField()
    column = serializers.CharField()
    participant = serializers.CharField()
    analyte = serializers.CharField()
    given = serializers.CharField()
    stored = serializers.CharField()
    text = serializers.CharField()


_RESPONSES: dict[int, Any] = {
    200: ImportOut,
    202: ImportOut,
    400: OpenApiResponse(OpenApiTypes.OBJECT, "Messages by field; nothing is kept."),
    401: OpenApiResponse(OpenApiTypes.OBJECT, "The token is not valid."),
    403: OpenApiResponse(OpenApiTypes.OBJECT, "Your role does not include this."),
    404: OpenApiResponse(OpenApiTypes.OBJECT, "There is no such site or import at your sites."),
    409: OpenApiResponse(OpenApiTypes.OBJECT, "The file is not waiting for this."),
    413: OpenApiResponse(OpenApiTypes.OBJECT, "The file is too big."),
    415: OpenApiResponse(OpenApiTypes.OBJECT, "The body is neither a form nor text/csv."),
    422: OpenApiResponse(OpenApiTypes.OBJECT, "The key was used for another body."),
}


class LabImports(GenericViewSet[ImportBatch]):
    """A laboratory's file, at the sites where one may import."""

    serializer_class = ImportOut
    parser_classes: list[type[BaseParser]] = [CsvParser, MultiPartParser]
    permissions: ClassVar[dict[str, Permission]] = {
        "GET": Permission.LAB_IMPORT,
        "POST": Permission.LAB_IMPORT,
    }
    http_method_names = ["get", "head", "post"]
    lookup_value_regex = r"[0-9]{1,18}"
    pagination_class = None

    @extend_schema(
        summary="Send a file: it is checked, and imported unless it has errors.",
        tags=["lab-imports"],
        parameters=[
            KEY_HEADER,
            OpenApiParameter("site", description="Of a text/csv body; as in the form."),
            *(OpenApiParameter(name, description="As in the form.") for name in FIELDS[1:]),
        ],
        request={"multipart/form-data": ImportIn, "text/csv": OpenApiTypes.BINARY},
        responses={n: _RESPONSES[n] for n in (202, 400, 401, 403, 404, 413, 415, 422)},
    )
    def create(self, request: Request) -> Response:
        """202: kept; follow it at its address."""
        key = idempotency_key(request)
        _refuse_big(request)
        given = _fields(request)
        site = _site(request, given.get("site", ""))
        by = actor(request, Permission.LAB_IMPORT, site)
        laboratory = _laboratory(site, given.get("laboratory", ""))
        mapping = _mapping(given.get("mapping", "long"))
        with _spooled(_body(request).get("file")) as (file, digest):
            answer, replayed = answer_once(
                key=key,
                body={"lab-imports": {**given, "sha256": digest}},
                by=by,
                act=lambda: {
                    "import": imports.upload(
                        site=site,
                        laboratory=laboratory,
                        file=file,
                        file_name=_file_name(request, given),
                        mapping=mapping,
                        by=by,
                        apply_when_checked=not _switch(given, "dry_run"),
                        skip_errors=_switch(given, "skip_errors"),
                    ).pk
                },
            )
        headers = {"Idempotency-Replayed": "true"} if replayed else {}
        return Response(_shown(_batch(request, answer["import"])), status=202, headers=headers)

    @extend_schema(
        summary="Where a file stands.",
        tags=["lab-imports"],
        responses={n: _RESPONSES[n] for n in (200, 401, 403, 404)},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(_shown(_batch(request, pk)))

    @extend_schema(
        summary="What was found in a file, 1,000 at a time.",
        tags=["lab-imports"],
        parameters=[
            OpenApiParameter("kind", enum=["error", "conflict", "warning"]),
            OpenApiParameter("after", int, description="The last `id` of the page before."),
        ],
        responses={200: FindingOut(many=True), **{n: _RESPONSES[n] for n in (400, 401, 403, 404)}},
    )
    @action(detail=True, methods=["get"])
    def findings(self, request: Request, pk: str) -> Response:
        batch = _batch(request, pk)
        _refuse_unknown(request.query_params, FINDING_FIELDS)
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            raise Refused({"after": [_("Give a whole number.")]})
        rows = batch.findings.filter(pk__gt=int(after)).order_by("pk")
        kind = request.query_params.get("kind")
        rows = rows.filter(kind=kind) if kind else rows
        return Response([_finding(row) for row in rows[:FINDINGS_PAGE]])


def _batch(request: Request, pk: str | int) -> ImportBatch:
    rows = ImportBatch.objects.visible_to(request.user).select_related("site", "laboratory")
    return get_object_or_404(rows, pk=pk)


def _refuse_big(request: Request) -> None:
    length = request.headers.get("Content-Length") or "0"
    if not length.isdigit() or int(length) > settings.IMPORT_MAX_BYTES + 1_000_000:
        limit = {"max": settings.IMPORT_MAX_BYTES // 1_000_000}
        raise TooBig({"file": [failure_text({"code": "too_big", "params": limit})]})


def _fields(request: Request) -> dict[str, str]:
    """The fields beside the file: of the form, or (text/csv) of the address."""
    plain = request.content_type.startswith("text/csv")
    source = request.query_params if plain else _body(request)
    if not plain:
        _refuse_unknown(request.query_params, ())
    _refuse_unknown(source, FIELDS if plain else (*FIELDS, "file"))
    return {name: str(source[name]) for name in FIELDS if name in source}


def _body(request: Request) -> Mapping[str, Any]:
    data: Any = request.data
    return data if isinstance(data, Mapping) else {}


def _refuse_unknown(given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    errors = {
        name: [_("Unknown parameter. Known: %(known)s.") % {"known": ", ".join(known)}]
        for name in given
        if name not in known
    }
    if errors:
        raise Refused(errors)


def _site(request: Request, code: str) -> Site:
    """A site at which the user may import; another site is not there."""
    if not code:
        raise Refused({"site": [_("Give the code of the site.")]})
    scope = sites_for(request.user, Permission.LAB_IMPORT)
    sites = Site.objects.all() if scope.everywhere else Site.objects.filter(pk__in=scope.ids)
    site = sites.filter(code=code).first()
    if site is None:
        raise Http404
    return site


def _laboratory(site: Site, code: str) -> Laboratory:
    """The laboratory of this code that works for the site; another site's is not there (F-110)."""
    usable = Laboratory.objects.filter(Q(site=site) | Q(site=None), code=code)
    found = usable if code else site.laboratories.all()
    rows = list(found[:2])
    if len(rows) != 1:
        raise Refused({"laboratory": [_("Give the code of a laboratory of the site.")]})
    return rows[0]


def _mapping(text: str) -> dict[str, Any]:
    try:
        builtin = text in mappings.builtin_names()
        return mappings.builtin(text) if builtin else mappings.load(text)
    except FileError as error:
        raise Refused({"mapping": [file_error_text(error)]}) from error


def _switch(given: Mapping[str, str], name: str) -> bool:
    if given.get(name, "0") not in ("0", "1"):
        raise Refused({name: [_("Choose one of %(known)s.") % {"known": "0, 1"}]})
    return given.get(name) == "1"


def _file_name(request: Request, given: Mapping[str, str]) -> str:
    return given.get("file_name") or getattr(_body(request)["file"], "name", None) or "upload.csv"


@contextmanager
def _spooled(source: Any) -> Iterator[tuple[IO[bytes], str]]:
    """The body in a temporary file, with its SHA-256, so that it can be read twice."""
    if source is None or not hasattr(source, "read"):
        raise Refused({"file": [_("Choose a file.")]})
    digest, size = hashlib.sha256(), 0
    with tempfile.TemporaryFile() as file:
        for piece in iter(lambda: source.read(PIECE), b""):
            size += len(piece)
            if size > settings.IMPORT_MAX_BYTES:
                limit = {"max": settings.IMPORT_MAX_BYTES // 1_000_000}
                raise TooBig({"file": [failure_text({"code": "too_big", "params": limit})]})
            digest.update(piece)
            file.write(piece)
        yield file, digest.hexdigest()


def _shown(batch: ImportBatch) -> dict[str, Any]:
    done, work = progress_of(batch) if batch.waiting else (0, 0)
    return {
        "id": batch.pk,
        "site": batch.site.code,
        "laboratory": batch.laboratory.code,
        "file_name": batch.file_name,
        "sha256": batch.sha256,
        "size": batch.size,
        "status": batch.status,
        "dry_run": not batch.apply_when_checked,
        "skip_errors": batch.skip_errors,
        "rows_total": batch.rows_total,
        "rows_done": done,
        "rows_work": work,
        "counts": batch.counts,
        "failure": failure_text(batch.failure) or None,
        "uploaded_at": batch.uploaded_at,
        "applied_at": batch.applied_at,
    }


def _finding(row: Any) -> dict[str, Any]:
    found = shown(row)
    return {
        "id": row.pk,
        "kind": row.kind,
        "code": row.code,
        "line": row.line,
        "column": row.column,
        "participant": row.participant,
        "analyte": row.analyte,
        "given": row.given,
        "stored": found.stored,
        "text": found.text,
    }
