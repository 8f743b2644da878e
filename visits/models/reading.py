"""The central reading of biopsies: pictures of slides, who reads what, each reading, what counts.

A reader knows a biopsy by the code of the assignment alone (clinical rules §5.3): it is drawn
anew for each reader, so that not even two readers of one biopsy have a name for it in common.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from trial.access.models import User
from trial.access.policy import AnyUser, can
from trial.access.roles import Permission
from trial.crf.columns import column, constraints
from trial.protocol.casebook import histology_scores as scores
from trial.protocol.casebook.histology_reading import FORM
from visits.double_reading import State
from visits.histology import HIGHEST, Outcome, System
from visits.models.casebook import Biopsy

BiopsyRow: TypeAlias = Any  # a row of Biopsy, whose table is made from its description
FIRST, SECOND, THIRD = 1, 2, 3
STATE_NAMES = {
    State.AWAITS_READER: _("being read"),
    State.INCOMPLETE: _("incomplete"),
    State.AGREED: _("read, two agree"),
    State.ADJUDICATE: _("two differ, a third has to read"),
    State.ADJUDICATED: _("read, the third decides"),
}
OUTCOME_NAMES = {
    Outcome.REMISSION: _("histological remission"),
    Outcome.ACTIVE: _("active disease"),
    Outcome.NOT_EVALUABLE: _("not evaluable"),
}
SETTLED = (State.AGREED, State.ADJUDICATED)


class Stain(models.TextChoices):
    """What a slide is stained with, as the biopsy form names it."""

    HE = "he", _("HE")
    RETICULIN = "reticulin", _("Reticulin")
    COLLAGEN = "collagen", _("Trichrome or Sirius red")
    PASD = "pasd", _("PAS after diastase")
    OTHER = "other", _("Other")


class SlideImage(models.Model):
    """A picture of a slide. Its file name is not kept, and nothing of the file but its pixels
    (visits/slide_files.py): what a reader is sent says nothing of where it comes from."""

    biopsy = models.ForeignKey(Biopsy, models.PROTECT, related_name="slides_shown")
    number = models.PositiveSmallIntegerField(_("number"))
    stain = models.CharField(_("stain"), max_length=10, choices=Stain)
    media = models.CharField(_("kind"), max_length=20)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    source_sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=60)
    struck_at = models.DateTimeField(null=True)
    struck_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - both set or both null
    struck_why = models.CharField(_("why struck"), max_length=200, blank=True)

    class Meta:
        ordering = ["biopsy", "number"]
        constraints = [
            models.UniqueConstraint(fields=["biopsy", "number"], name="slide_image_once"),
            models.UniqueConstraint(
                fields=["biopsy", "sha256"], condition=Q(struck_at=None), name="slide_image_no_twin"
            ),
            models.CheckConstraint(
                condition=Q(stain__in=Stain.values), name="slide_image_stain_known"
            ),
            models.CheckConstraint(
                condition=Q(media__in=["image/png", "image/jpeg"]), name="slide_image_media_known"
            ),
            models.CheckConstraint(
                condition=Q(struck_at=None, struck_by=None, struck_why="")
                | Q(struck_at__isnull=False, struck_by__isnull=False) & ~Q(struck_why=""),
                name="slide_image_struck_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.biopsy_id} {self.number}"


class SlidePixels(models.Model):
    """The bytes of a picture, apart from what is said of it: lists never load them."""

    image = models.OneToOneField(
        SlideImage, models.PROTECT, related_name="pixels", primary_key=True
    )
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"pixels {self.pk}"


class ReadingBatch(models.Model):
    """Biopsies given to readers at one go. Their order follows from `seed` for each reader
    (visits/central_reading.py), and can be drawn again by anybody who has it."""

    number = models.PositiveIntegerField(unique=True)
    seed = models.CharField(max_length=64)
    algorithm = models.CharField(max_length=20)
    drawn_at = models.DateTimeField()
    drawn_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(seed__regex=r"^[0-9a-f]{64}$"), name="reading_batch_seed_is_one"
            )
        ]

    def __str__(self) -> str:
        return f"batch {self.number}"


class AssignmentQuerySet(models.QuerySet["ReadingAssignment"]):
    """Specimens, scoped to those that a reader was given."""

    def of_reader(self, user: AnyUser) -> "AssignmentQuerySet":
        """What this user reads; nothing for whoever is no reader, or no longer."""
        if not isinstance(user, User) or not can(user, Permission.HISTOLOGY_READ):
            return self.none()
        return self.standing().filter(reader=user)

    def standing(self) -> "AssignmentQuerySet":
        """Without those that were taken back."""
        return self.filter(withdrawn_at=None)


class ReadingAssignment(models.Model):
    """One reader reads one biopsy, knowing it by `code`. `place`: the first or second reader, or
    the third, who settles a difference. `position`: where it stands among the reader's."""

    batch = models.ForeignKey(ReadingBatch, models.PROTECT, related_name="assignments")
    biopsy = models.ForeignKey(Biopsy, models.PROTECT, related_name="assignments")
    reader = models.ForeignKey(User, models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField(_("reader"))
    code = models.CharField(_("specimen"), max_length=8, unique=True)
    position = models.PositiveIntegerField()
    assigned_at = models.DateTimeField()
    assigned_by = models.CharField(max_length=60)
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - both set or both null
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - both set or both null
    withdrawn_why = models.CharField(_("why taken back"), max_length=200, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["batch", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["biopsy", "place"],
                condition=Q(withdrawn_at=None),
                name="reading_place_once",
            ),
            # Two readings of one biopsy are of two people.
            models.UniqueConstraint(
                fields=["biopsy", "reader"],
                condition=Q(withdrawn_at=None),
                name="reading_reader_once",
            ),
            models.UniqueConstraint(
                fields=["batch", "reader", "position"], name="reading_position_once"
            ),
            models.CheckConstraint(
                condition=Q(place__in=[FIRST, SECOND, THIRD]), name="reading_place_known"
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[B-DF-HJ-NP-TV-XZ]{8}$"),
                name="reading_code_says_nothing",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at=None, submitted_by=None)
                | Q(submitted_at__isnull=False, submitted_by__isnull=False),
                name="reading_submitted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawn_why="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False, submitted_at=None)
                & ~Q(withdrawn_why=""),
                name="reading_withdrawn_before_submitted",
            ),
        ]

    def __str__(self) -> str:
        return self.shown

    @property
    def shown(self) -> str:
        """The code as people read it: "KTRM-PWXB"."""
        return f"{self.code[:4]}-{self.code[4:]}"


_SCORES = tuple(question.name for question in (*scores.GRADE, scores.STAGE[0]))
_NO_SCORES = Q(**dict.fromkeys((*_SCORES, "stage_ishak", "stage_metavir"), ""))
_SCORED = (
    ~Q(mhai_a="") & ~Q(mhai_b="") & ~Q(mhai_c="") & ~Q(mhai_d="")
    & (
        Q(stage_system="ishak", stage_metavir="") & ~Q(stage_ishak="")
        | Q(stage_system="metavir", stage_ishak="") & ~Q(stage_metavir="")
    )
)  # fmt: skip


class HistologyReading(models.Model):
    """What a reader found, with a column per question of
    trial/protocol/casebook/histology_reading.py. Never changed: a correction is the next `number`,
    with its reason. Text and closed questions of an inadequate biopsy stay empty."""

    assignment = models.ForeignKey(ReadingAssignment, models.PROTECT, related_name="readings")
    number = models.PositiveSmallIntegerField(_("version"))
    reason = models.TextField(_("why corrected"), blank=True)
    submitted_at = models.DateTimeField()
    submitted_by = models.CharField(max_length=60)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The answers, whose columns are made from the description."""

    class Meta:
        ordering = ["assignment", "number"]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "number"], name="histology_reading_once"),
            models.CheckConstraint(
                condition=Q(number=1, reason="") | Q(number__gt=1) & ~Q(reason=""),
                name="histology_reading_corrected_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(adequate=False) & _NO_SCORES | Q(adequate=True) & _SCORED,
                name="histology_reading_scored_if_adequate",
            ),
            *constraints(FORM),
        ]

    def __str__(self) -> str:
        return f"{self.assignment_id} {self.number}"

    @property
    def values(self) -> dict[str, Any]:
        """The answers by question."""
        return {question.name: getattr(self, question.name) for question in FORM.questions}


for _question in FORM.questions:
    HistologyReading.add_to_class(_question.name, column(_question))


class FinalHistology(models.Model):
    """The grade and stage that count for a biopsy, worked out (visits/double_reading.py) from
    `reading`, or why there are none yet. Written by the system, whenever something it rests on
    changes; nothing of any reading is in it before it is settled."""

    biopsy = models.OneToOneField(Biopsy, models.PROTECT, related_name="final", primary_key=True)
    state = models.CharField(
        _("state"), max_length=15, choices=[(one.value, name) for one, name in STATE_NAMES.items()]
    )
    reading = models.ForeignKey(HistologyReading, models.PROTECT, related_name="+", null=True)
    adequate = models.BooleanField(_("adequate"), null=True)
    mhai = models.PositiveSmallIntegerField(_("mHAI"), null=True)
    stage_system = models.CharField(_("staging system"), max_length=10, blank=True)
    stage = models.PositiveSmallIntegerField(_("stage"), null=True)
    outcome = models.CharField(
        _("outcome"),
        max_length=15,
        choices=[(one.value, name) for one, name in OUTCOME_NAMES.items()],
    )
    protocol_version = models.CharField(max_length=20)
    algorithm = models.CharField(max_length=20)
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in State]), name="final_state_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=[one.value for one in Outcome]), name="final_outcome_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[one.value for one in SETTLED], reading__isnull=False)
                | ~Q(state__in=[one.value for one in SETTLED])
                & Q(reading=None, mhai=None, stage=None, stage_system=""),
                name="final_has_its_source",
            ),
            models.CheckConstraint(
                condition=Q(mhai=None) | Q(mhai__lte=HIGHEST, adequate=True),
                name="final_mhai_possible",
            ),
            models.CheckConstraint(
                condition=Q(stage=None, stage_system="")
                | Q(stage_system=System.ISHAK.value, stage__lte=6)
                | Q(stage_system=System.METAVIR.value, stage__lte=4),
                name="final_stage_possible",
            ),
            models.CheckConstraint(
                condition=Q(mhai=None, outcome=Outcome.NOT_EVALUABLE.value)
                | Q(mhai__isnull=False) & ~Q(outcome=Outcome.NOT_EVALUABLE.value),
                name="final_outcome_of_total",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.biopsy_id} {self.state}"

    @property
    def settled(self) -> bool:
        """Whether a reading counts."""
        return State(self.state) in SETTLED
