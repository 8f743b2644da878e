"""/api/v1/lab-panels/: sending a visit's panel from another system, and reading it back."""

import json
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from labs.entry import PanelEntry
from labs.models import Laboratory, Panel, Source
from labs.selectors import is_pending
from labs.serializers import PanelIn, PanelOut, shown_panel
from labs.services.panels import record_panel
from labs.services.submissions import answer_once
from patients.models import Participant
from trial.access.exceptions import Refused
from trial.access.http import actor
from trial.access.roles import Permission
from trial.access.selectors import protocol_at
from trial.audit.context import Actor
from trial.web.rest import KEY_HEADER, ExactJSONParser, cleaned, idempotency_key
from visits.models import Visit

_HEAD = ("collected_time", "sample_state", "dialysis", "pt_isi", "pt_mnpt")
_RESPONSES: dict[int, type[PanelOut] | OpenApiResponse] = {
    200: PanelOut,
    201: PanelOut,
    400: OpenApiResponse(OpenApiTypes.OBJECT, "Messages by field; nothing is stored."),
    401: OpenApiResponse(OpenApiTypes.OBJECT, "The token is not valid."),
    403: OpenApiResponse(OpenApiTypes.OBJECT, "Your role does not include this."),
    404: OpenApiResponse(OpenApiTypes.OBJECT, "There is no such participant at your sites."),
    409: OpenApiResponse(
        OpenApiTypes.OBJECT, "Somebody saved a newer version: the difference, field by field."
    ),
    415: OpenApiResponse(OpenApiTypes.OBJECT, "The body is not application/json."),
    422: OpenApiResponse(OpenApiTypes.OBJECT, "The key was used for another body."),
}


class LabPanels(GenericViewSet[Panel]):
    """A visit's panel, to send and to read back, at the sites where one may enter labs."""

    serializer_class = PanelOut
    parser_classes: list[type[BaseParser]] = [ExactJSONParser]
    permissions = {"GET": Permission.LAB_ENTER, "POST": Permission.LAB_ENTER}
    http_method_names = ["get", "head", "post"]
    lookup_value_regex = r"[0-9]{1,18}"
    pagination_class = None

    @extend_schema(
        summary="Send a panel, new or corrected.",
        tags=["lab-panels"],
        parameters=[KEY_HEADER],
        request=PanelIn,
        responses=_RESPONSES,
    )
    def create(self, request: Request) -> Response:
        """201: stored as a new version; 200: nothing differed from what is stored."""
        key = idempotency_key(request)
        given = cleaned(PanelIn(data=request.data))
        visit = _visit(request, given)
        by = actor(request, Permission.LAB_ENTER, visit.participant.site)
        answer, replayed = answer_once(
            key=key,
            body={"lab-panels": request.data},
            act=lambda: {"body": json.dumps(_record(visit, given, by), ensure_ascii=False)},
            by=by,
            reason=given["reason"],
        )
        shown = json.loads(answer["body"])
        headers = {"Idempotency-Replayed": "true"} if replayed else {}
        status = 201 if shown["changed"] else 200
        return Response(shown, status=status, headers=headers)

    @extend_schema(
        summary="A panel with its version and verdicts.",
        tags=["lab-panels"],
        responses={200: PanelOut, **{n: _RESPONSES[n] for n in (401, 403, 404)}},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        rows = Panel.objects.visible_to(request.user, Permission.LAB_ENTER)
        rows = rows.select_related("visit__participant__site", "laboratory")
        panel = get_object_or_404(rows, pk=pk)
        participant = panel.visit.participant
        protocol = protocol_at(participant.site, panel.collected_on)
        return Response(shown_panel(panel, protocol, pending=is_pending(participant)))


def _visit(request: Request, given: dict[str, Any]) -> Visit:
    """The visit the body names, with participant, site and panel. Another site's participant is
    not there, as in every address."""
    visits = Visit.objects.visible_to(request.user, Permission.LAB_ENTER)
    visit = (
        visits.select_related("participant__site", "panel__laboratory")
        .filter(
            participant__code=given["participant"],
            code=given["visit"],
            number=given["visit_number"],
        )
        .first()
    )
    if visit is not None:
        return visit
    people = Participant.objects.visible_to(request.user, Permission.LAB_ENTER)
    if not people.filter(code=given["participant"]).exists():
        raise Http404
    raise Refused({"visit": [_("The participant has no such visit.")]})


def _record(visit: Visit, given: dict[str, Any], by: Actor) -> dict[str, Any]:
    laboratory = Laboratory.objects.filter(code=given["laboratory"]).first()
    try:
        saved = record_panel(
            visit=visit,
            data=_panel_entry(visit, given, laboratory),
            base_version=given["base_version"],
            reason=given["reason"],
            source=Source.API,
            by=by,
        )
    except Refused as refused:
        refused.errors = {_name(field, given): texts for field, texts in refused.errors.items()}
        raise
    if laboratory is not None:
        saved.panel.laboratory = laboratory
    # What has just changed waits: only a save that wrote nothing needs to look.
    pending = saved.changed or is_pending(visit.participant)
    return {**shown_panel(saved.panel, saved.protocol, pending=pending), "changed": saved.changed}


def _panel_entry(visit: Visit, given: dict[str, Any], laboratory: Laboratory | None) -> PanelEntry:
    """The body as the service takes it; what is left out of the head stays as it is stored."""
    stored: Panel | None = getattr(visit, "panel", None)
    head = {name: getattr(stored, name) for name in _HEAD} if stored else {}
    head |= {name: given[name] for name in _HEAD if name in given}
    return PanelEntry(
        laboratory_id=laboratory.pk if laboratory else 0,
        collected_on=given["collected_on"],
        entries=given["results"],
        **head,
    )


def _name(field: str, given: dict[str, Any]) -> str:
    """A service's field as the body calls it."""
    return f"results.{field}" if field in given["results"] else field
