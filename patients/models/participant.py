"""The person: who takes part, under what consent, and whether they may."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from trial.access.models import Site
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission


class Sex(models.TextChoices):
    """Sex as the reference ranges and MELD 3.0 use it."""

    MALE = "M", _("male")
    FEMALE = "F", _("female")


class Status(models.TextChoices):
    """Where a participant stands in the study."""

    SCREENING = "screening", _("in screening")
    SCREEN_FAILED = "screen_failed", _("screen failure")
    ENROLLED = "enrolled", _("enrolled")
    WITHDRAWN = "withdrawn", _("withdrawn")
    COMPLETED = "completed", _("completed")


class DiseaseStatus(models.TextChoices):
    """What brought the participant into the study; the groups of the strata are made from it."""

    NAIVE = "naive", _("treatment-naive")
    INSUFFICIENT = "insufficient", _("insufficient response to treatment")
    RELAPSED = "relapsed", _("relapse after treatment")


class ParticipantQuerySet(models.QuerySet["Participant"]):
    """Participants, scoped to the sites a user may see: the rest does not exist for them."""

    def visible_to(
        self, user: AnyUser, permission: Permission = Permission.PARTICIPANT_VIEW
    ) -> "ParticipantQuerySet":
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(site__in=scope.ids)


class Participant(models.Model):
    """One person in the study, known by a code. No name, no date of birth, no hospital number.

    `day0_on` is the first infusion day (planned until that visit is recorded); every visit's
    window counts from it. `induction_started_on` is the start of induction immunosuppression,
    the other possible anchor of the response rules (clinical rules §3.1).
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="participants")
    code = models.CharField(_("code"), max_length=12, unique=True)
    sex = models.CharField(_("sex"), max_length=1, choices=Sex)
    sex_for_meld = models.CharField(_("sex used by MELD 3.0"), max_length=1, choices=Sex)
    birth_year = models.PositiveSmallIntegerField(_("year of birth"))
    childbearing_potential = models.BooleanField(_("childbearing potential"), null=True)
    disease_status = models.CharField(
        _("disease status"), max_length=20, choices=DiseaseStatus, blank=True
    )
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.SCREENING)
    status_reason = models.TextField(_("reason"), blank=True)
    screened_on = models.DateField(_("screened"))
    enrolled_on = models.DateField(_("enrolled"), null=True)
    day0_on = models.DateField(_("day 0"), null=True)
    induction_started_on = models.DateField(_("start of induction therapy"), null=True)
    ended_on = models.DateField(_("ended"), null=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        indexes = [models.Index(fields=["site", "status"], name="participant_site_status")]
        constraints = [
            models.CheckConstraint(condition=Q(sex__in=Sex.values), name="participant_sex_known"),
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="participant_status_known"
            ),
            models.CheckConstraint(
                condition=Q(disease_status="") | Q(disease_status__in=DiseaseStatus.values),
                name="participant_disease_status_known",
            ),
            models.CheckConstraint(
                condition=Q(birth_year__gte=1900) & Q(birth_year__lte=2100),
                name="participant_birth_year_sane",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["enrolled", "completed"]) | Q(enrolled_on__isnull=False),
                name="participant_enrolled_has_date",
            ),
            models.CheckConstraint(
                condition=Q(enrolled_on=None) | Q(enrolled_on__gte=F("screened_on")),
                name="participant_enrolled_after_screening",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Consent(models.Model):
    """A signed consent: which version, when (date and time), recorded by whom."""

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="consents")
    form_version = models.CharField(_("version of the consent form"), max_length=20)
    given_at = models.DateTimeField(_("given"))
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    recorded_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["given_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "form_version"], name="consent_once_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.form_version}"


class Answer(models.TextChoices):
    """The answer to an eligibility criterion."""

    YES = "yes", _("yes")
    NO = "no", _("no")
    NOT_APPLICABLE = "na", _("not applicable")
    UNKNOWN = "unknown", _("not known yet")


class CriterionAnswer(models.Model):
    """The answer to one criterion of the protocol version under which it was asked.

    `yes` to an inclusion criterion includes, `yes` to an exclusion criterion excludes. `value`
    is the number behind the answer where the criterion has one (I2: simplified score, 0 to 8).
    """

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="criteria")
    criterion = models.CharField(max_length=10)
    answer = models.CharField(max_length=10, choices=Answer)
    value = models.PositiveSmallIntegerField(null=True)
    protocol_version = models.CharField(max_length=20)

    class Meta:
        ordering = ["participant", "criterion"]
        constraints = [
            models.UniqueConstraint(fields=["participant", "criterion"], name="criterion_once"),
            models.CheckConstraint(
                condition=Q(answer__in=Answer.values), name="criterion_answer_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.criterion} {self.answer}"
