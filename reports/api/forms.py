"""/api/v1/: a dataset for each described form, and the dictionary of all of them."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reports.api.schema import described, errors
from reports.api.views import DatasetViewSet, refuse_unknown
from reports.form_datasets import FORM_DATASETS, name_of
from reports.form_dictionary import dictionary
from reports.form_filters import filters_of
from reports.serializers import FormDictionary
from trial.access.exceptions import Refused
from trial.access.roles import Permission
from trial.protocol import registry
from trial.protocol.casebook.forms import FORMS
from trial.protocol.crf import Form
from trial.protocol.version import ProtocolVersion


def _view_of(form: Form) -> type[DatasetViewSet]:
    dataset = FORM_DATASETS[name_of(form)]
    about = {
        "__module__": __name__,
        "__doc__": dataset.text,
        "dataset": dataset,
        "filterset_class": filters_of(form),
    }
    return described(dataset)(type(form.model, (DatasetViewSet,), about))


# By the name of the dataset.
VIEWS: Mapping[str, type[DatasetViewSet]] = {name_of(form): _view_of(form) for form in FORMS}


class Forms(APIView):
    """What is asked of participants, on which form, with which answers: the data dictionary."""

    permissions = {"GET": Permission.REPORT_VIEW}
    http_method_names = ["get"]

    @extend_schema(
        summary="Every form and question: labels, units, codes, limits, conditions, CDISC targets.",
        tags=["forms"],
        parameters=[
            OpenApiParameter(
                "protocol",
                enum=list(registry.numbers()),
                default=registry.latest().number,
                description="Version of the protocol.",
            )
        ],
        responses={200: FormDictionary, **errors(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """The forms of one version of the protocol, in the order of the casebook."""
        refuse_unknown(request, ("protocol", "format"))
        version = _version(request.query_params.get("protocol"))
        return Response(dictionary(version))


def _version(number: str | None) -> ProtocolVersion:
    known: Any = registry.numbers()
    if number is None:
        return registry.latest()
    if number not in known:
        raise Refused({"protocol": [_("Choose one of %(known)s.") % {"known": ", ".join(known)}]})
    return registry.get(number)
