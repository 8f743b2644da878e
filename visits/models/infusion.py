"""An infusion as it was given: its dose, its start and its end (clinical rules §8.4).

Times are those at which something happened; who recorded it, and when, stands beside each row
(`saved_…`) and in the trail. Rows are never removed: a line that was entered by mistake is struck.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from visits.dosing import Grade
from visits.models.product import Bag
from visits.models.visit import Visit

GRADE_NAMES = {
    Grade.WITHIN: _("within the tolerance"),
    Grade.WARNING: _("beyond the tolerance"),
    Grade.DEVIATION: _("protocol deviation"),
}
_GRADES = [(grade.value, name) for grade, name in GRADE_NAMES.items()]
_GRADE_CODES = ["", *(grade.value for grade in Grade)]


class Recorded(models.Model):
    """Who recorded a row last, and how often it was saved: bookkeeping of the trail."""

    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=60)

    class Meta:
        abstract = True


class Line(models.TextChoices):
    """Through what the infusion runs."""

    PERIPHERAL = "peripheral", _("peripheral vein")
    CENTRAL = "central", _("central line")


class Gauge(models.TextChoices):
    """The needle's size."""

    G18 = "18G", "18 G"
    G20 = "20G", "20 G"
    G22 = "22G", "22 G"
    G24 = "24G", "24 G"


class Filter(models.TextChoices):
    """Cells must pass: a filter that holds back leukocytes holds back the product."""

    STANDARD = "standard", _("170–200 µm")
    NONE = "none", _("no filter")
    LEUKOCYTE = "leukocyte", _("leukocyte filter (must not be used)")


class Stop(models.TextChoices):
    """Why an infusion was stopped before its end."""

    REACTION = "reaction", _("a reaction")
    LINE = "line", _("the line")
    PRODUCT = "product", _("the product")
    WISH = "wish", _("the participant's wish")
    OTHER = "other", _("another reason")


class InfusionQuerySet(models.QuerySet["Infusion"]):
    """Infusions, scoped to the sites a user may see."""

    def visible_to(
        self, user: AnyUser, permission: Permission = Permission.REPORT_VIEW
    ) -> "InfusionQuerySet":
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(visit__participant__site__in=scope.ids)


class Infusion(Recorded):
    """One bag given, or to be given, at one visit. Doses in 10^6 viable cells.

    What is ordered, the cells that went in and both grades are worked out by visits/dosing.py.
    """

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="infusions")
    bag = models.OneToOneField(Bag, models.PROTECT, related_name="infusion")
    weight_kg = models.DecimalField(_("weight"), max_digits=5, decimal_places=1, null=True)
    weighed_on = models.DateField(_("weighed on"), null=True)
    ordered_cells = models.DecimalField(
        _("dose ordered"), max_digits=8, decimal_places=1, null=True
    )
    ordered_ml = models.DecimalField(_("volume ordered"), max_digits=6, decimal_places=1, null=True)
    prepared_cells = models.DecimalField(
        _("dose prepared"), max_digits=8, decimal_places=1, null=True
    )
    prepared_ml = models.DecimalField(
        _("volume prepared"), max_digits=6, decimal_places=1, null=True
    )
    prepared_grade = models.CharField(
        _("dose prepared against ordered"), max_length=10, choices=_GRADES, blank=True
    )
    preparation_note = models.TextField(_("note on the dose prepared"), blank=True)
    line = models.CharField(_("line"), max_length=12, choices=Line, blank=True)
    gauge = models.CharField(_("gauge"), max_length=4, choices=Gauge, blank=True)
    filter = models.CharField(_("filter"), max_length=12, choices=Filter, blank=True)
    started = models.DateTimeField(_("start"), null=True)
    ended = models.DateTimeField(_("end"), null=True)
    given_ml = models.DecimalField(_("volume given"), max_digits=6, decimal_places=1, null=True)
    given_cells = models.DecimalField(_("dose given"), max_digits=8, decimal_places=1, null=True)
    given_grade = models.CharField(
        _("dose given against ordered"), max_length=10, choices=_GRADES, blank=True
    )
    residual_ml = models.DecimalField(
        _("left in the bag"), max_digits=6, decimal_places=1, null=True
    )
    flush_ml = models.DecimalField(_("line flush"), max_digits=6, decimal_places=1, null=True)
    stopped_early = models.BooleanField(_("stopped early"), null=True)
    stop_reason = models.CharField(_("why stopped"), max_length=10, choices=Stop, blank=True)
    end_note = models.TextField(_("note on the end"), blank=True)

    objects = InfusionQuerySet.as_manager()

    class Meta:
        ordering = ["visit", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["visit", "bag"], name="infusion_once"),
            models.CheckConstraint(
                condition=Q(weight_kg=None, weighed_on=None, ordered_cells=None)
                | Q(weight_kg__range=(25, 250), weighed_on__isnull=False) & Q(ordered_cells__gt=0),
                name="infusion_order_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(prepared_cells=None, prepared_ml=None)
                | Q(prepared_cells__gt=0, prepared_ml__gt=0),
                name="infusion_preparation_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(prepared_grade__in=_GRADE_CODES) & Q(given_grade__in=_GRADE_CODES),
                name="infusion_grades_known",
            ),
            # A dose that deviates is explained.
            models.CheckConstraint(
                condition=(~Q(prepared_grade="deviation") | ~Q(preparation_note=""))
                & (~Q(given_grade="deviation") | ~Q(end_note="")),
                name="infusion_deviation_has_note",
            ),
            models.CheckConstraint(
                condition=Q(started=None) | Q(weight_kg__isnull=False),
                name="infusion_starts_on_an_order",
            ),
            models.CheckConstraint(
                condition=Q(ended=None, given_ml=None, stopped_early=None, stop_reason="")
                | Q(started__isnull=False, ended__gte=F("started"), given_ml__gte=0)
                & Q(prepared_ml__gte=F("given_ml"), stopped_early__isnull=False),
                name="infusion_end_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(stopped_early=True) | Q(stop_reason__in=Stop.values),
                name="infusion_stop_has_reason",
            ),
            models.CheckConstraint(
                condition=(Q(residual_ml=None) | Q(residual_ml__gte=0))
                & (Q(flush_ml=None) | Q(flush_ml__gte=0)),
                name="infusion_volumes_positive",
            ),
            models.CheckConstraint(
                condition=Q(line__in=["", *Line.values])
                & Q(gauge__in=["", *Gauge.values])
                & Q(filter__in=["", *Filter.values]),
                name="infusion_line_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.bag_id}"
