"""The sample taken at a visit and its results."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from labs.models.laboratory import Laboratory, ReferenceRange
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from visits.models import Visit


class SampleState(models.TextChoices):
    """Whether the sample can be used: a haemolysed or rejected one counts as missing (§3.3)."""

    GOOD = "good", _("usable")
    HAEMOLYSED = "haemolysed", _("haemolysed")
    REJECTED = "rejected", _("rejected by the laboratory")


class Source(models.TextChoices):
    """Through which door the values came."""

    FORM = "form", _("entered in the browser")
    API = "api", _("sent over REST")
    IMPORT = "import", _("imported from a file")


class NotDone(models.TextChoices):
    """Why there is no result."""

    NOT_ORDERED = "not_ordered", _("not ordered")
    NOT_DRAWN = "not_drawn", _("sample not taken")
    LOST = "lost", _("sample lost or broken")
    UNSUITABLE = "unsuitable", _("sample not suitable")
    NOT_REPORTED = "not_reported", _("not reported by the laboratory")
    REFUSED = "refused", _("participant declined")


class PanelQuerySet(models.QuerySet["Panel"]):
    """Panels, scoped to the sites a user may see."""

    def visible_to(
        self, user: AnyUser, permission: Permission = Permission.LAB_VIEW
    ) -> "PanelQuerySet":
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(visit__participant__site__in=scope.ids)


class Panel(models.Model):
    """The blood sample of one visit. `version` counts saves; a stale one is refused.

    `dialysis`: at least two sessions, or 24 h CVVHD, in the 7 days before (§2.1); null = not
    answered. `pt_isi` and `pt_mnpt` (s) are the laboratory's, for INR from PT. `expected` and
    `filled` count the analytes the visit asks for and those answered (a value or "not done").
    """

    visit = models.OneToOneField(Visit, models.PROTECT, related_name="panel")
    laboratory = models.ForeignKey(Laboratory, models.PROTECT, related_name="panels")
    collected_on = models.DateField(_("sample taken on"))
    collected_time = models.TimeField(_("time"), null=True, blank=True)
    sample_state = models.CharField(
        _("sample"), max_length=12, choices=SampleState, default=SampleState.GOOD
    )
    dialysis = models.BooleanField(_("dialysis in the last 7 days"), null=True, blank=True)
    pt_isi = models.DecimalField(_("ISI"), max_digits=6, decimal_places=3, null=True, blank=True)
    pt_mnpt = models.DecimalField(_("MNPT"), max_digits=6, decimal_places=2, null=True, blank=True)
    source = models.CharField(max_length=10, choices=Source, default=Source.FORM)
    expected = models.PositiveSmallIntegerField(default=0)
    filled = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=60)

    objects = PanelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sample_state__in=SampleState.values), name="panel_sample_state_known"
            ),
            models.CheckConstraint(
                condition=Q(pt_isi=None) | Q(pt_isi__gt=0), name="panel_isi_positive"
            ),
            models.CheckConstraint(
                condition=Q(pt_mnpt=None) | Q(pt_mnpt__gt=0), name="panel_mnpt_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"panel {self.pk} of visit {self.visit_id}"


class Result(models.Model):
    """One analyte of a panel: as entered, and converted to the protocol's canonical unit.

    `text` and `unit` are exactly what was typed; `value` with `comparator` ("<0.3") is what it
    means in `unit`; `canonical` is `value` in the canonical unit. `range_low`, `range_high` are
    the laboratory's range that applied, in the canonical unit; `flag` is L, N, H or "" (unknown).
    A row without text has `not_done` (why), or was emptied by a correction.
    """

    panel = models.ForeignKey(Panel, models.PROTECT, related_name="results")
    analyte = models.CharField(max_length=10)
    text = models.CharField(max_length=40, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    comparator = models.CharField(max_length=2, blank=True)
    value = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    canonical = models.DecimalField(max_digits=24, decimal_places=12, null=True)
    not_done = models.CharField(max_length=20, choices=NotDone, blank=True)
    confirmed = models.BooleanField(default=False)
    comment = models.TextField(blank=True)
    range = models.ForeignKey(ReferenceRange, models.PROTECT, null=True, related_name="+")
    range_low = models.DecimalField(max_digits=24, decimal_places=12, null=True)
    range_high = models.DecimalField(max_digits=24, decimal_places=12, null=True)
    flag = models.CharField(max_length=1, blank=True)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["panel", "id"]
        indexes = [models.Index(fields=["changed_at"], name="result_changed_at")]
        constraints = [
            models.UniqueConstraint(fields=["panel", "analyte"], name="result_once"),
            models.CheckConstraint(
                condition=Q(text="", value=None, canonical=None)
                | (~Q(text="") & Q(value__isnull=False, canonical__isnull=False, not_done="")),
                name="result_value_complete",
            ),
            models.CheckConstraint(
                condition=Q(flag__in=["", "L", "N", "H"]), name="result_flag_known"
            ),
            models.CheckConstraint(
                condition=Q(not_done="") | Q(not_done__in=NotDone.values),
                name="result_not_done_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.analyte} {self.text} {self.unit}"
