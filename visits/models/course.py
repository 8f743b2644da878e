"""What was seen and done during an infusion: rows of their own, one noun each (§8.4)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from visits.models.infusion import Infusion, Recorded


class Found(models.TextChoices):
    """A finding that may not have been looked for."""

    YES = "yes", _("yes")
    NO = "no", _("no")
    UNCLEAR = "unclear", _("not assessable")


class Ascites(models.TextChoices):
    """How much fluid there is."""

    NONE = "none", _("none")
    MILD = "mild", _("mild")
    MODERATE = "moderate", _("moderate")
    SEVERE = "severe", _("severe")


class Phase(models.TextChoices):
    """When the sonography was done."""

    BEFORE = "before", _("before the infusion")
    DURING = "during", _("during the infusion")
    AFTER = "after", _("after the infusion")


class InfusionSonography(Recorded):
    """The findings of one sonography. Free text stays here: it leaves with no export (§8.5)."""

    infusion = models.ForeignKey(Infusion, models.PROTECT, related_name="sonographies")
    phase = models.CharField(_("phase"), max_length=6, choices=Phase)
    examined = models.DateTimeField(_("time of sonography"))
    operator = models.CharField(_("examiner"), max_length=60, blank=True)
    device = models.CharField(_("device"), max_length=60, blank=True)
    portal_vein = models.CharField(_("portal vein patent"), max_length=7, choices=Found)
    hepatic_veins = models.CharField(_("hepatic veins patent"), max_length=7, choices=Found)
    thrombus = models.CharField(_("thrombus"), max_length=7, choices=Found)
    ascites = models.CharField(_("ascites"), max_length=8, choices=Ascites)
    images = models.CharField(_("images kept under"), max_length=100, blank=True)
    finding = models.TextField(_("other findings"), blank=True)

    class Meta:
        ordering = ["infusion", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["infusion", "phase"], name="sonography_once"),
            models.CheckConstraint(
                condition=Q(phase__in=Phase.values), name="sonography_phase_known"
            ),
            models.CheckConstraint(
                condition=Q(portal_vein__in=Found.values)
                & Q(hepatic_veins__in=Found.values)
                & Q(thrombus__in=Found.values)
                & Q(ascites__in=Ascites.values),
                name="sonography_findings_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.infusion_id} {self.phase}"


class InfusionVitals(Recorded):
    """Vital signs at one point of the plan (visits/vitals_plan.py), or why there are none."""

    infusion = models.ForeignKey(Infusion, models.PROTECT, related_name="vitals")
    point = models.CharField(_("time point"), max_length=6)
    measured = models.DateTimeField(_("measured"), null=True)
    heart_rate = models.PositiveSmallIntegerField(_("heart rate"), null=True)
    systolic = models.PositiveSmallIntegerField(_("systolic pressure"), null=True)
    diastolic = models.PositiveSmallIntegerField(_("diastolic pressure"), null=True)
    respiration = models.PositiveSmallIntegerField(_("breaths a minute"), null=True)
    oxygen = models.PositiveSmallIntegerField(_("oxygen saturation"), null=True)
    temperature = models.DecimalField(_("temperature"), max_digits=4, decimal_places=1, null=True)
    not_done = models.CharField(_("why not measured"), max_length=200, blank=True)

    class Meta:
        ordering = ["infusion", "measured", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["infusion", "point"], name="vitals_once"),
            models.CheckConstraint(
                condition=Q(point__regex=r"^(B|E|D[0-9]{1,4}|P[0-9]{2,4})$"),
                name="vitals_point_known",
            ),
            models.CheckConstraint(
                condition=Q(measured__isnull=False, not_done="")
                | Q(measured=None, heart_rate=None, systolic=None, diastolic=None)
                & Q(respiration=None, oxygen=None, temperature=None)
                & ~Q(not_done=""),
                name="vitals_measured_or_why_not",
            ),
            models.CheckConstraint(
                condition=Q(diastolic=None) | Q(systolic=None) | Q(diastolic__lt=F("systolic")),
                name="vitals_pressure_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.infusion_id} {self.point}"


class InfusionRateChange(Recorded):
    """From when the infusion ran how fast; 0 is a pause."""

    infusion = models.ForeignKey(Infusion, models.PROTECT, related_name="rates")
    number = models.PositiveSmallIntegerField()
    since = models.DateTimeField(_("since"))
    rate_ml_h = models.DecimalField(_("rate"), max_digits=6, decimal_places=1)
    note = models.CharField(_("why changed"), max_length=200, blank=True)
    struck = models.BooleanField(_("entered by mistake"), default=False)

    class Meta:
        ordering = ["infusion", "since", "number"]
        constraints = [
            models.UniqueConstraint(fields=["infusion", "number"], name="rate_once"),
            models.CheckConstraint(condition=Q(rate_ml_h__gte=0), name="rate_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.infusion_id} {self.number}"


class InfusionPremedication(Recorded):
    """A drug given before the infusion because of it."""

    infusion = models.ForeignKey(Infusion, models.PROTECT, related_name="premedications")
    number = models.PositiveSmallIntegerField()
    drug = models.CharField(_("drug"), max_length=100)
    dose = models.CharField(_("dose"), max_length=60)
    given = models.DateTimeField(_("given"))
    struck = models.BooleanField(_("entered by mistake"), default=False)

    class Meta:
        ordering = ["infusion", "given", "number"]
        constraints = [
            models.UniqueConstraint(fields=["infusion", "number"], name="premedication_once"),
            models.CheckConstraint(
                condition=~Q(drug="") & ~Q(dose=""), name="premedication_is_whole"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.infusion_id} {self.number}"


class Term(models.TextChoices):
    """The reactions that are asked about one by one."""

    FEVER = "fever", _("fever")
    CHILLS = "chills", _("chills")
    FLUSHING = "flushing", _("flushing")
    RASH = "rash", _("rash or urticaria")
    DYSPNOEA = "dyspnoea", _("dyspnoea")
    HYPOTENSION = "hypotension", _("hypotension")
    CHEST_PAIN = "chest_pain", _("chest pain")
    NAUSEA = "nausea", _("nausea")
    HEADACHE = "headache", _("headache")
    THROMBOSIS = "thrombosis", _("thrombosis or embolism")
    ANAPHYLAXIS = "anaphylaxis", _("anaphylaxis")


class InfusionReaction(Recorded):
    """One line of the checklist. One that occurred is a draft of an adverse event."""

    class State(models.TextChoices):
        """What became of a reaction that occurred."""

        DRAFT = "draft", _("draft of an adverse event")
        WITHDRAWN = "withdrawn", _("withdrawn")

    infusion = models.ForeignKey(Infusion, models.PROTECT, related_name="reactions")
    term = models.CharField(_("reaction"), max_length=12, choices=Term)
    occurred = models.BooleanField(_("occurred"))
    onset = models.DateTimeField(_("onset"), null=True)
    grade = models.PositiveSmallIntegerField(_("CTCAE grade"), null=True)
    note = models.TextField(_("course and treatment"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, blank=True)

    class Meta:
        ordering = ["infusion", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["infusion", "term"], name="reaction_once"),
            models.CheckConstraint(condition=Q(term__in=Term.values), name="reaction_term_known"),
            models.CheckConstraint(
                condition=Q(occurred=True, state="draft", onset__isnull=False, grade__range=(1, 5))
                | Q(occurred=False, state__in=["", "withdrawn"], onset=None, grade=None),
                name="reaction_that_occurred_is_a_draft",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.infusion_id} {self.term}"
