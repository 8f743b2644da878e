"""Liver-safety signals: what the laboratory shows, and how the investigator judged it.

A signal is a question, not a diagnosis (clinical rules §6.3). It is found by rule, closes itself
where a correction takes it away, and keeps every judgement.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from labs.models import Panel
from patients.models import Participant
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission


class Kind(models.TextChoices):
    """What was reached; the codes of safety/episodes.py."""

    HYS_LAW = "hys_law", _("Candidate for Hy's law")
    STOP = "stop", _("Level to stop")
    WATCH = "watch", _("Level to watch closely")


class State(models.TextChoices):
    """How a signal is judged."""

    NEW = "new", _("not judged yet")
    UNDER_REVIEW = "under_review", _("under review")
    AIH_ACTIVITY = "aih_activity", _("activity of the AIH")
    DILI = "dili", _("drug-induced liver injury")
    OTHER = "other", _("another cause")


class Act(models.TextChoices):
    """What happened to a signal."""

    FOUND = "found", _("found")
    GONE = "gone", _("no longer there after a correction")
    FOUND_AGAIN = "found_again", _("found again")
    JUDGED = "judged", _("judged")


class LiverSignalQuerySet(models.QuerySet["LiverSignal"]):
    """Signals, scoped to the sites a user may see."""

    def visible_to(
        self, user: AnyUser, permission: Permission = Permission.LAB_VIEW
    ) -> "LiverSignalQuerySet":
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(participant__site__in=scope.ids)

    def standing(self) -> "LiverSignalQuerySet":
        """Those that the values still show."""
        return self.filter(gone_at=None)


class LiverSignal(models.Model):
    """One signal: its kind and the sample it began with.

    `against` names what the multiples of a candidate for Hy's law are of, joined by ;. `found`
    counts how often it was found: a correction may take it away, another bring it back. `gone_at`:
    since when the values no longer show it.
    """

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="liver_signals")
    kind = models.CharField(max_length=10, choices=Kind)
    panel = models.ForeignKey(Panel, models.PROTECT, related_name="+")
    occurred_on = models.DateField(_("sample taken on"))
    against = models.CharField(max_length=60, blank=True)
    state = models.CharField(_("judgement"), max_length=20, choices=State, default=State.NEW)
    found = models.PositiveSmallIntegerField(default=1)
    found_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)
    judged_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    version = models.PositiveIntegerField(default=1)

    objects = LiverSignalQuerySet.as_manager()

    class Meta:
        ordering = ["participant", "occurred_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "kind", "panel"], name="liver_signal_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=Kind.values), name="liver_signal_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="liver_signal_state_known"
            ),
            models.CheckConstraint(
                condition=Q(judged_at=None, judged_by=None, state=State.NEW)
                | Q(judged_at__isnull=False, judged_by__isnull=False) & ~Q(state=State.NEW),
                name="liver_signal_judged_has_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.participant_id} {self.occurred_on}"

    @property
    def references(self) -> tuple[str, ...]:
        """What the multiples are of."""
        return tuple(filter(None, self.against.split(";")))

    @property
    def is_open(self) -> bool:
        """Whether it stands and waits for a final judgement."""
        return self.gone_at is None and self.state in (State.NEW, State.UNDER_REVIEW)

    @property
    def look(self) -> str:
        """The look of its state, for {% status_badge %}."""
        if self.gone_at is not None:
            return "missed"
        return "needs-you" if self.is_open else "done"


class LiverSignalStep(models.Model):
    """What happened to a signal, in order. Rows are added, never changed."""

    signal = models.ForeignKey(LiverSignal, models.PROTECT, related_name="steps")
    number = models.PositiveSmallIntegerField()
    act = models.CharField(max_length=12, choices=Act)
    state = models.CharField(max_length=20, choices=State)
    note = models.TextField(blank=True)
    done_at = models.DateTimeField()
    done_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["signal", "number"]
        constraints = [
            models.UniqueConstraint(fields=["signal", "number"], name="liver_signal_step_once"),
            models.CheckConstraint(
                condition=Q(act__in=Act.values) & Q(state__in=State.values),
                name="liver_signal_step_known",
            ),
            models.CheckConstraint(
                condition=~Q(act=Act.JUDGED) | ~Q(note=""), name="liver_signal_judgement_has_note"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signal_id} {self.number} {self.act}"


class LiverLook(models.Model):
    """Which version of a participant's labs was last looked at for signals, and by which rules.

    Pending is a query (safety/selectors/liver.py). Bookkeeping of the sweeper: no record.
    """

    participant = models.OneToOneField(Participant, models.PROTECT, related_name="+")
    series_version = models.PositiveIntegerField(default=0)
    product_at = models.DateTimeField(null=True)
    rules = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"{self.participant_id} {self.series_version}"
