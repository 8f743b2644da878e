"""The rows of randomisation, product and infusions that are exported; nothing of an arm."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from reports.models.rows import ExportQuerySet, ExportView, VisitView
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission


class RandomisationRow(ExportView):
    """That a participant was randomised, on which values, and what is recorded now."""

    participant_id = models.BigIntegerField()
    participant = models.CharField(max_length=12)
    number = models.CharField(max_length=24)
    stratum = models.CharField(max_length=40)
    disease_status = models.CharField(max_length=20, null=True)
    disease_group = models.CharField(max_length=20, null=True)
    disease_status_now = models.CharField(max_length=20, null=True)
    protocol_version = models.CharField(max_length=20)
    allocated_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta(ExportView.Meta):
        db_table = "export_randomisation"


class BagRow(ExportView):
    """A bag by its number. `bag_id`, the row behind it, is for its history alone."""

    id = models.CharField(max_length=8, primary_key=True)
    bag_id = models.BigIntegerField()
    participant_id = models.BigIntegerField(null=True)
    participant = models.CharField(max_length=12, null=True)
    visit_id = models.BigIntegerField(null=True)
    visit = models.CharField(max_length=10, null=True)
    visit_number = models.IntegerField(null=True)
    shipment = models.IntegerField()
    state = models.CharField(max_length=12)
    expires_at = models.DateTimeField()
    excursion_open = models.BooleanField()
    moved_at = models.DateTimeField(null=True)
    version = models.IntegerField()
    changed_at = models.DateTimeField()

    class Meta(ExportView.Meta):
        db_table = "export_bag"


class OfInfusionView(VisitView):
    """What a row of, or about, an infusion has."""

    visit_id = models.BigIntegerField()
    bag = models.CharField(max_length=8)
    version = models.IntegerField()

    class Meta(VisitView.Meta):
        abstract = True


class InfusionRow(OfInfusionView):
    """An infusion: dose, course and end. Doses in 10^6 viable cells."""

    weight_kg = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    weighed_on = models.DateField(null=True)
    ordered_cells = models.DecimalField(max_digits=8, decimal_places=1, null=True)
    ordered_ml = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    prepared_cells = models.DecimalField(max_digits=8, decimal_places=1, null=True)
    prepared_ml = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    prepared_grade = models.CharField(max_length=10, null=True)
    line = models.CharField(max_length=12, null=True)
    gauge = models.CharField(max_length=4, null=True)
    filter = models.CharField(max_length=12, null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    duration_minutes = models.IntegerField(null=True)
    given_ml = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    given_cells = models.DecimalField(max_digits=8, decimal_places=1, null=True)
    given_grade = models.CharField(max_length=10, null=True)
    residual_ml = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    flush_ml = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    stopped_early = models.BooleanField(null=True)
    stop_reason = models.CharField(max_length=10, null=True)
    reactions = models.IntegerField()
    worst_grade = models.IntegerField(null=True)

    class Meta(OfInfusionView.Meta):
        db_table = "export_infusion"


class InfusionVitalsRow(OfInfusionView):
    """Vital signs at one point of the plan."""

    infusion_id = models.BigIntegerField()
    point = models.CharField(max_length=6)
    measured_at = models.DateTimeField(null=True)
    heart_rate = models.IntegerField(null=True)
    systolic = models.IntegerField(null=True)
    diastolic = models.IntegerField(null=True)
    respiration = models.IntegerField(null=True)
    oxygen = models.IntegerField(null=True)
    temperature = models.DecimalField(max_digits=4, decimal_places=1, null=True)

    class Meta(OfInfusionView.Meta):
        db_table = "export_infusion_vitals"


class InfusionReactionRow(OfInfusionView):
    """One line of the checklist of reactions."""

    infusion_id = models.BigIntegerField()
    term = models.CharField(max_length=12)
    occurred = models.BooleanField()
    onset_at = models.DateTimeField(null=True)
    grade = models.IntegerField(null=True)
    state = models.CharField(max_length=10, null=True)

    class Meta(OfInfusionView.Meta):
        db_table = "export_infusion_reaction"


class UnblindingRowQuerySet(ExportQuerySet):
    """Unblindings, scoped to the sites a user may see; a planned one concerns every site."""

    def visible_to(self, user: AnyUser, permission: Permission) -> "UnblindingRowQuerySet":
        scope = sites_for(user, permission)
        if scope.everywhere:
            return self
        return self.filter(Q(site_id__in=scope.ids) | Q(site_id=None)) if scope else self.none()


class UnblindingRow(ExportView):
    """That somebody learned an arm; not which, and not in anybody's words why."""

    site_id = models.BigIntegerField(null=True)  # type: ignore[assignment]  # of the whole study
    site = models.CharField(max_length=2, null=True)  # type: ignore[assignment]  # none either
    participant_id = models.BigIntegerField(null=True)
    participant = models.CharField(max_length=12, null=True)
    kind = models.CharField(max_length=20)
    category = models.CharField(max_length=20)
    learned_on = models.DateField(null=True)
    requested_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Any]] = UnblindingRowQuerySet.as_manager()

    class Meta(ExportView.Meta):
        db_table = "export_unblinding"
