"""/api/v1/allocations/: randomising from another system, and reading what it gave."""

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from patients.models import Participant
from randomization.models import Allocation
from randomization.serializers import AllocationIn, AllocationOut, shown_allocation
from randomization.services.allocating import Proof, randomise
from trial.access.clients import address_of
from trial.access.http import actor
from trial.access.models import User
from trial.access.roles import Permission
from trial.signing.models import Components
from trial.web.rest import KEY_HEADER, ExactJSONParser, cleaned, idempotency_key

_RESPONSES: dict[int, type[AllocationOut] | OpenApiResponse] = {
    200: AllocationOut,
    201: AllocationOut,
    400: OpenApiResponse(OpenApiTypes.OBJECT, "Messages by field; nothing is allocated."),
    401: OpenApiResponse(OpenApiTypes.OBJECT, "The token is not valid."),
    403: OpenApiResponse(OpenApiTypes.OBJECT, "Your role does not include this."),
    404: OpenApiResponse(OpenApiTypes.OBJECT, "There is no such participant at your sites."),
    409: OpenApiResponse(OpenApiTypes.OBJECT, "What stands against it; nothing is allocated."),
    415: OpenApiResponse(OpenApiTypes.OBJECT, "The body is not application/json."),
    422: OpenApiResponse(OpenApiTypes.OBJECT, "The key was used for another participant."),
    423: OpenApiResponse(OpenApiTypes.OBJECT, "The participant is frozen or locked."),
    429: OpenApiResponse(OpenApiTypes.OBJECT, "Too many wrong passwords: signing is paused."),
}


class Allocations(GenericViewSet[Allocation]):
    """Randomisations of the sites that one may see."""

    serializer_class = AllocationOut
    parser_classes: list[type[BaseParser]] = [ExactJSONParser]
    permissions = {"GET": Permission.PARTICIPANT_VIEW, "POST": Permission.RANDOMISE}
    http_method_names = ["get", "head", "post"]
    lookup_field = "participant"
    lookup_value_regex = r"[0-9]{2}-[0-9]{4,6}"
    pagination_class = None

    @extend_schema(
        summary="Randomise a participant.",
        tags=["allocations"],
        parameters=[KEY_HEADER],
        request=AllocationIn,
        responses=_RESPONSES,
    )
    def create(self, request: Request) -> Response:
        """201: randomised by this request; 200: it was done before, and this is what it gave."""
        key = idempotency_key(request)
        given = cleaned(AllocationIn(data=request.data))
        people = Participant.objects.visible_to(request.user, Permission.RANDOMISE)
        person = get_object_or_404(people.select_related("site"), code=given["participant"])
        by = actor(request, Permission.RANDOMISE, person.site)
        signer: User = request.user  # type: ignore[assignment]  # the permission asks for one
        proof = Proof(
            signer=signer,
            username=given["username"],
            password=given["password"],
            components=Components.BOTH,
            address=address_of(request),
        )
        found, before = randomise(participant=person, proof=proof, by=by, key=key)
        headers = {"Idempotency-Replayed": "true"} if before else {}
        return Response(shown_allocation(found), status=200 if before else 201, headers=headers)

    @extend_schema(
        summary="A participant's randomisation: number, bags, visit dates.",
        tags=["allocations"],
        responses={200: AllocationOut, **{n: _RESPONSES[n] for n in (401, 403, 404)}},
    )
    def retrieve(self, request: Request, participant: str) -> Response:
        rows = Allocation.objects.visible_to(request.user).select_related("participant")
        return Response(shown_allocation(get_object_or_404(rows, participant__code=participant)))
