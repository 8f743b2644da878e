"""What was reported about a case: frozen versions, to whom they went, who confirmed the receipt.

Rows are added and never changed: the database refuses it (safety/migrations/0004).
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from safety.models.cases import SafetyCase
from safety.versions import digest_of
from trial.protocol.safety import Party, Report

REPORT_NAMES = {
    Report.SAE: _("Serious adverse event to the sponsor"),
    Report.SAE_FOLLOW_UP: _("Follow-up to the sponsor"),
    Report.SUSAR_FATAL: _("SUSAR, fatal or life-threatening"),
    Report.SUSAR_FATAL_COMPLETE: _("SUSAR, fatal or life-threatening, complete report"),
    Report.SUSAR: _("SUSAR"),
    Report.SUSAR_FOLLOW_UP: _("Follow-up of a SUSAR"),
    Report.PREGNANCY: _("Pregnancy to the sponsor"),
    Report.PREGNANCY_FOLLOW_UP: _("Follow-up of a pregnancy to the sponsor"),
}
PARTY_NAMES = {
    Party.INVESTIGATOR: _("investigator"),
    Party.SPONSOR: _("sponsor"),
    Party.AUTHORITY: _("authority"),
    Party.ETHICS_COMMITTEE: _("ethics committee"),
}


class ReportVersion(models.Model):
    """The case as it stood when a report went out: its data elements, frozen.

    `content` is what safety/versions.py makes of them, `sha256` the digest of its canonical form.
    """

    case = models.ForeignKey(SafetyCase, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    news = models.TextField(_("what is new"), blank=True)
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    frozen_at = models.DateTimeField()
    frozen_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["case", "number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="report_version_once"),
            models.CheckConstraint(
                condition=Q(sha256__regex="^[0-9a-f]{64}$"), name="report_version_has_digest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.number}"

    @property
    def intact(self) -> bool:
        """Whether the content still has the digest it was frozen with."""
        return digest_of(self.content) == self.sha256


class Submission(models.Model):
    """A version that went to a recipient as a report. `follow_up` counts the news it covers, 0 for
    a first report. `sent_at` may lie before `recorded_at` where it was sent outside this system."""

    case = models.ForeignKey(SafetyCase, models.PROTECT, related_name="submissions")
    version = models.ForeignKey(ReportVersion, models.PROTECT, related_name="submissions")
    report = models.CharField(
        _("report"), max_length=24, choices=[(one.value, REPORT_NAMES[one]) for one in Report]
    )
    recipient = models.CharField(
        _("recipient"), max_length=20, choices=[(one.value, PARTY_NAMES[one]) for one in Party]
    )
    follow_up = models.PositiveSmallIntegerField(_("follow-up"), default=0)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    sent_at = models.DateTimeField(_("sent"))
    sent_by = models.CharField(max_length=60)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "report", "recipient", "follow_up"], name="submission_once"
            ),
            models.CheckConstraint(
                condition=Q(report__in=[one.value for one in Report])
                & Q(recipient__in=[one.value for one in Party]),
                name="submission_report_known",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__lte=models.F("recorded_at")), name="submission_sent_first"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report} of {self.case_id} to {self.recipient}"


class Receipt(models.Model):
    """That the recipient confirmed a report."""

    submission = models.OneToOneField(Submission, models.PROTECT, related_name="receipt")
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    acknowledged_at = models.DateTimeField(_("receipt confirmed"))
    acknowledged_by = models.CharField(max_length=60)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(acknowledged_at__lte=models.F("recorded_at")),
                name="receipt_is_no_forecast",
            ),
        ]

    def __str__(self) -> str:
        return f"receipt of {self.submission_id}"
