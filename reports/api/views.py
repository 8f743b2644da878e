"""/api/v1/: the datasets, to read."""

from typing import Any, ClassVar, TypeAlias

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from reports import (
    datasets,
    filters,
    histology_datasets,
    past,
    product_datasets,
    safety_datasets,
    treatment_dataset,
)
from reports.api.formats import RENDERERS, Negotiation, file_response, stored_response
from reports.api.paging import Paginator
from reports.api.schema import described
from reports.dataset import Dataset
from reports.exports import FORMATS, Format, export
from reports.services import snapshots
from trial.access.exceptions import Refused
from trial.access.http import actor, demand
from trial.access.policy import sites_for
from trial.access.roles import Permission

DOWNLOADS: dict[str, Format] = {how: how for how in FORMATS}
Renderers: TypeAlias = list[BaseRenderer]  # a view's own `list` hides the type
LIST_PARAMETERS = ("cursor", "page_size", "ordering", "format", "excel", *past.PARAMETERS)


class StrictFilters(DjangoFilterBackend):  # type: ignore[misc]  # untyped base
    """A dataset's FilterSet; a bad value is refused by name."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        chosen = self.get_filterset(request, queryset, view)
        if not chosen.is_valid():
            raise Refused(chosen.errors)
        left: QuerySet[Any] = chosen.qs
        return left


class DatasetViewSet(GenericViewSet):
    """A dataset as pages of JSON, or whole as CSV or NDJSON."""

    dataset: ClassVar[Dataset]
    filterset_class: ClassVar[type[filters.ExportFilters]]
    permissions: ClassVar[dict[str, Permission]]
    filter_backends = [StrictFilters]
    content_negotiation_class = Negotiation
    http_method_names = ["get", "head"]
    pagination_class = None
    lookup_value_regex = r"[0-9]{1,18}"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.permissions = {"GET": cls.dataset.permission}
        cls.queryset = cls.dataset.rows.none()  # the router and the description look at it

    def list(self, request: Request) -> HttpResponseBase:
        """The rows that the parameters ask for."""
        refuse_unknown(request, (*self.filterset_class.base_filters, *LIST_PARAMETERS))
        excel = _switch(request, "excel")
        moment = self._moment(request)
        how = DOWNLOADS.get(request.accepted_renderer.format)
        if how:
            return self._download(request, how, excel=excel, moment=moment)
        return self.page_then(request, moment) if moment else self.page(request)

    def dataset_for(self, request: Request) -> Dataset:
        """The dataset with the columns that the user may see."""
        return self.dataset

    def rows(
        self, request: Request, moment: past.Moment | None, *more: Permission
    ) -> QuerySet[Any]:
        """The rows that the user and the filters leave."""
        return self.filter_queryset(self.dataset_for(request).visible_to(request.user, *more))

    def _moment(self, request: Request) -> past.Moment | None:
        """The past moment that is asked for; only for those who may export, as it costs as much."""
        if any(name in request.query_params for name in past.PARAMETERS):
            demand(request.user, Permission.DATA_EXPORT)
        return past.asked(request.query_params)

    def page(self, request: Request, moment: past.Moment | None = None) -> Response:
        """One page of the list."""
        return Paginator(request, self.dataset_for(request)).page(self.rows(request, moment))

    def page_then(self, request: Request, moment: past.Moment) -> Response:
        """The same page as it was."""
        with past.seen(moment, *self.dataset.reads):
            answer = self.page(request)
        return stamped(answer, moment)

    def _download(
        self, request: Request, how: Format, *, excel: bool, moment: past.Moment | None
    ) -> HttpResponseBase:
        """The whole filtered set as a file; only for those who may export."""
        if request.method == "HEAD":
            raise MethodNotAllowed("HEAD")
        _refuse_with(request, ("cursor", "page_size", "ordering"), how)
        by = actor(request, Permission.DATA_EXPORT)
        asked = {
            name: value
            for name, value in request.query_params.dict().items()
            if name in self.filterset_class.base_filters
        }
        plain = not (asked or excel or self.dataset.append_only)
        if moment and moment.snapshot and plain and self._whole(request):
            stored = snapshots.file_of(moment.snapshot, self.dataset.name, how)
            return stored_response(snapshots.serve(file=stored, by=by))
        made = export(
            dataset=self.dataset_for(request),
            rows=self.rows(request, moment, Permission.DATA_EXPORT),
            how=how,
            by=by,
            asked=asked,
            excel=excel,
            moment=moment,
        )
        return file_response(self.dataset, how, made)

    def _whole(self, request: Request) -> bool:
        """Whether the user may read the dataset at all sites."""
        rights = (self.dataset.permission, Permission.DATA_EXPORT)
        return all(sites_for(request.user, right).everywhere for right in rights)

    def retrieve(self, request: Request, **key: str) -> Response:
        """One row. Another site's row is not there."""
        refuse_unknown(request, ("format",))
        dataset = self.dataset_for(request)
        rows = dataset.visible_to(request.user).filter(**self.lookup(**key))
        row = rows.values(*dataset.stored).first()
        if row is None:
            raise Http404
        return Response(dataset.show(row))

    def lookup(self, pk: str) -> dict[str, Any]:
        """The address of a row as conditions on its dataset."""
        return {"pk": pk}

    def get_renderers(self) -> Renderers:
        """Files are for lists; one row is JSON."""
        kinds = RENDERERS if self.action == "list" else RENDERERS[:1]
        return [kind() for kind in kinds]

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Errors are JSON, whatever was asked for."""
        if isinstance(response, Response) and response.exception:
            request.accepted_renderer = JSONRenderer()
            request.accepted_media_type = JSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)


def stamped(answer: Response, moment: past.Moment) -> Response:
    """The answer, saying which past state it shows."""
    for name, value in moment.headers.items():
        answer[name] = value
    return answer


def _halves(pk: str) -> tuple[int, str]:
    """The two halves of the key of a computed row: "57-MELD", "12-TRIAL-REL"."""
    number, _dash, word = pk.partition("-")
    return int(number), word


@described(datasets.PARTICIPANTS)
class Participants(DatasetViewSet):
    dataset = datasets.PARTICIPANTS
    filterset_class = filters.ParticipantFilters


@described(datasets.VISITS)
class Visits(DatasetViewSet):
    dataset = datasets.VISITS
    filterset_class = filters.VisitFilters


@described(datasets.LAB_RESULTS)
class LabResults(DatasetViewSet):
    dataset = datasets.LAB_RESULTS
    filterset_class = filters.LabResultFilters


@described(datasets.MELD_SCORES)
class MeldScores(DatasetViewSet):
    dataset = datasets.MELD_SCORES
    filterset_class = filters.MeldScoreFilters
    lookup_value_regex = r"[0-9]{1,18}-[A-Z0-9]{1,20}"

    def lookup(self, pk: str) -> dict[str, Any]:
        panel, formula = _halves(pk)
        return {"panel_id": panel, "formula": formula}


@described(datasets.RESPONSE_ASSESSMENTS)
class ResponseAssessments(DatasetViewSet):
    dataset = datasets.RESPONSE_ASSESSMENTS
    filterset_class = filters.ResponseAssessmentFilters
    lookup_value_regex = r"[0-9]{1,18}-[A-Z0-9_-]{1,30}"

    def lookup(self, pk: str) -> dict[str, Any]:
        participant, rule = _halves(pk)
        return {"participant_id": participant, "rule": rule}


@described(product_datasets.RANDOMISATIONS)
class Randomisations(DatasetViewSet):
    dataset = product_datasets.RANDOMISATIONS
    filterset_class = filters.RandomisationFilters


@described(product_datasets.BAGS)
class Bags(DatasetViewSet):
    dataset = product_datasets.BAGS
    filterset_class = filters.BagFilters


@described(product_datasets.INFUSIONS)
class Infusions(DatasetViewSet):
    dataset = product_datasets.INFUSIONS
    filterset_class = filters.InfusionFilters


@described(product_datasets.INFUSION_VITALS)
class InfusionVitals(DatasetViewSet):
    dataset = product_datasets.INFUSION_VITALS
    filterset_class = filters.InfusionVitalsFilters


@described(product_datasets.INFUSION_REACTIONS)
class InfusionReactions(DatasetViewSet):
    dataset = product_datasets.INFUSION_REACTIONS
    filterset_class = filters.InfusionReactionFilters


@described(histology_datasets.HISTOLOGY_READINGS)
class HistologyReadings(DatasetViewSet):
    dataset = histology_datasets.HISTOLOGY_READINGS
    filterset_class = filters.HistologyReadingFilters
    lookup_value_regex = r"[0-9]{1,18}-(final|[123])"


@described(product_datasets.UNBLINDINGS)
class Unblindings(DatasetViewSet):
    dataset = product_datasets.UNBLINDINGS
    filterset_class = filters.UnblindingFilters


@described(treatment_dataset.STEROID_EXPOSURE)
class SteroidExposure(DatasetViewSet):
    dataset = treatment_dataset.STEROID_EXPOSURE
    filterset_class = filters.SteroidExposureFilters


@described(safety_datasets.LAB_TOXICITY)
class LabToxicity(DatasetViewSet):
    dataset = safety_datasets.LAB_TOXICITY
    filterset_class = filters.LabToxicityFilters
    lookup_value_regex = r"[0-9]{1,18}-[A-Z_]{1,20}"

    def lookup(self, pk: str) -> dict[str, Any]:
        result, term = _halves(pk)
        return {"result_id": result, "term": term}


@described(safety_datasets.LIVER_SIGNALS)
class LiverSignals(DatasetViewSet):
    dataset = safety_datasets.LIVER_SIGNALS
    filterset_class = filters.LiverSignalFilters


@described(datasets.SIGNATURES)
class Signatures(DatasetViewSet):
    dataset = datasets.SIGNATURES
    filterset_class = filters.SignatureFilters


@described(datasets.VERIFICATIONS)
class Verifications(DatasetViewSet):
    dataset = datasets.VERIFICATIONS
    filterset_class = filters.VerificationFilters


@described(datasets.QUERIES)
class Queries(DatasetViewSet):
    dataset = datasets.QUERIES
    filterset_class = filters.QueryFilters


@described(datasets.SITES)
class Sites(DatasetViewSet):
    dataset = datasets.SITES
    filterset_class = filters.SiteFilters


def _switch(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "0")
    if text not in ("0", "1"):
        raise Refused({name: [_("Choose one of %(known)s.") % {"known": "0, 1"}]})
    if text == "1" and request.accepted_renderer.format != "csv":
        raise Refused({name: [_("Only a CSV file can be made for spreadsheets.")]})
    return text == "1"


def _refuse_with(request: Request, names: tuple[str, ...], how: str) -> None:
    """A file is the whole set in its own order: a page of it can't be asked for."""
    given = [name for name in names if name in request.query_params]
    if given:
        message = _("This does not go with format=%(format)s.") % {"format": how}
        raise Refused({name: [message] for name in given})


def refuse_unknown(request: Request, known: tuple[str, ...]) -> None:
    """A parameter nobody reads is an error, not ignored: a mistyped filter must not widen."""
    errors = {
        name: [_("Unknown parameter. Known: %(known)s.") % {"known": ", ".join(known)}]
        for name in request.query_params
        if name not in known
    }
    for name, values in request.query_params.lists():
        if len(values) > 1:
            errors.setdefault(name, [_("Give this parameter once.")])
    if errors:
        raise Refused(errors)
