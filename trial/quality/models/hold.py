"""Freeze and lock: which part of the casebook may no longer be changed, since when and why.

The database enforces it (trial/quality/operations.py). A freeze keeps data as they are while
somebody looks at them; a lock says that they are final, and only two people together undo it.
"""

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from trial.access.models import Site
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from trial.audit.records import Place


class Kind(models.TextChoices):
    """How firmly something is held."""

    FREEZE = "freeze", _("frozen")
    LOCK = "lock", _("locked")


class Scope(models.TextChoices):
    """How much is held, the widest first."""

    STUDY = "study", _("whole study")
    SITE = "site", _("site")
    PARTICIPANT = "participant", _("participant")
    VISIT = "visit", _("visit")
    FORM = "form", _("form")


class HoldQuerySet(models.QuerySet["Hold"]):
    """Holds, narrowed down."""

    def standing(self) -> "HoldQuerySet":
        """Those that have not been released."""
        return self.filter(released_at=None)

    def visible_to(self, user: AnyUser) -> "HoldQuerySet":
        """Those over the sites a user may see; one over the whole study is over theirs too."""
        scope = sites_for(user, Permission.PARTICIPANT_VIEW)
        if scope.everywhere:
            return self
        mine = Q(site__in=scope.ids)
        return self.filter(mine | Q(scope=Scope.STUDY)) if scope else self.none()

    def over(self, place: Place) -> "HoldQuerySet":
        """The standing holds that a place lies under, a lock before a freeze, the widest first."""
        return self.lying_over(place).by_strength()

    def lying_over(self, place: Place) -> "HoldQuerySet":
        """The same, in no order."""
        under = Q(scope=Scope.STUDY) | Q(scope=Scope.SITE, site=place.site_id)
        if place.participant_id is not None:
            under |= Q(scope=Scope.PARTICIPANT, participant_id=place.participant_id)
        if place.visit_id is not None:
            under |= Q(scope=Scope.VISIT, visit_id=place.visit_id)
        if place.form:
            under |= Q(
                scope=Scope.FORM, participant_id=place.participant_id, visit_id=place.visit_id,
                form=place.form,
            )  # fmt: skip
        return self.standing().filter(under)

    def by_strength(self) -> "HoldQuerySet":
        width = Case(*(When(scope=s, then=Value(n)) for n, s in enumerate(Scope.values)))
        lock_first = Case(When(kind=Kind.LOCK, then=Value(0)), default=Value(1))
        return self.annotate(width=width, firmness=lock_first).order_by("firmness", "width", "pk")


class Hold(models.Model):
    """One freeze or lock. Never removed: a released one says who released it, and why.

    A lock is released in two steps by two people: `requested_…` is the first, `released_…` the
    second. The participant and visit stand here by id and name, without a foreign key: what is
    held belongs to the apps above.
    """

    kind = models.CharField(max_length=10, choices=Kind)
    scope = models.CharField(max_length=12, choices=Scope)
    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="+")
    participant_id = models.BigIntegerField(null=True)
    participant_code = models.CharField(max_length=12, blank=True)
    visit_id = models.BigIntegerField(null=True)
    visit_label = models.CharField(max_length=20, blank=True)
    form = models.CharField(max_length=20, blank=True)
    reason = models.TextField()
    placed_at = models.DateTimeField(db_default=Now(), editable=False)
    placed_by = models.CharField(max_length=60)
    requested_at = models.DateTimeField(null=True)
    requested_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    request_reason = models.TextField(blank=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    release_reason = models.TextField(blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["site", "participant_id"],
                condition=Q(released_at=None),
                name="hold_standing",
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="hold_kind_known"),
            models.CheckConstraint(
                condition=(
                    Q(scope="study", site=None, participant_id=None, visit_id=None, form="")
                    | Q(scope="site", site__isnull=False, participant_id=None, visit_id=None)
                    & Q(form="")
                    | Q(scope="participant", site__isnull=False, participant_id__isnull=False)
                    & Q(visit_id=None, form="")
                    | Q(scope="visit", site__isnull=False, participant_id__isnull=False)
                    & Q(visit_id__isnull=False, form="")
                    | Q(scope="form", site__isnull=False, participant_id__isnull=False)
                    & ~Q(form="")
                ),
                name="hold_scope_has_its_record",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_has_reason"),
            models.CheckConstraint(
                condition=Q(requested_at=None, requested_by=None)
                | Q(requested_at__isnull=False, requested_by__isnull=False),
                name="hold_request_has_by",
            ),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by=None)
                | Q(released_at__isnull=False, released_by__isnull=False) & ~Q(release_reason=""),
                name="hold_release_has_by_and_reason",
            ),
            models.CheckConstraint(
                condition=Q(kind="freeze")
                | Q(released_at=None)
                | Q(requested_by__isnull=False) & ~Q(requested_by=F("released_by")),
                name="hold_unlock_takes_two",
            ),
            models.UniqueConstraint(
                fields=["kind", "scope", "site", "participant_id", "visit_id", "form"],
                condition=Q(released_at=None),
                name="hold_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} of {self.scope} {self.participant_code} {self.visit_label}"

    @property
    def place(self) -> Place:
        """What is held. Of the whole study, the site is 0: no site at all."""
        return Place(
            site_id=self.site_id or 0,
            participant_id=self.participant_id,
            participant_code=self.participant_code,
            visit_id=self.visit_id,
            visit_label=self.visit_label,
            form=self.form,
        )
