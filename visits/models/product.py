"""Bags as everybody may see them: a number, a place, an expiry. What is in them is not here.

Bags become rows when a shipment is packed, all of it at once, both kinds mixed, in an order drawn
at random and with one expiry and volume for all: nothing here groups them by their content
(docs/adr/0014, F-039).
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from patients.models import Participant
from trial.access.models import Site
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from visits.bag_numbers import shown
from visits.custody import Event, State
from visits.models.visit import Visit

STATE_NAMES = {
    State.MANUFACTURED: _("manufactured"),
    State.RELEASED: _("released"),
    State.SHIPPED: _("on its way"),
    State.RECEIVED: _("in stock"),
    State.RESERVED: _("reserved"),
    State.ISSUED: _("issued"),
    State.VERIFIED: _("verified at the bedside"),
    State.INFUSED: _("infused"),
    State.RETURNED: _("returned"),
    State.WASTED: _("wasted"),
    State.RECALLED: _("recalled"),
}
EVENT_NAMES = {
    Event.RELEASE: _("released"),
    Event.SHIP: _("shipped"),
    Event.RECEIVE: _("received"),
    Event.RESERVE: _("reserved"),
    Event.FREE: _("reservation ended"),
    Event.ISSUE: _("issued"),
    Event.VERIFY: _("verified at the bedside"),
    Event.INFUSE: _("infused"),
    Event.RETURN: _("returned"),
    Event.WASTE: _("wasted"),
    Event.RECALL: _("recalled"),
}
_STATES = [(state.value, name) for state, name in STATE_NAMES.items()]
_EVENTS = [(event.value, name) for event, name in EVENT_NAMES.items()]
HELD_FOR_SOMEBODY = (State.RESERVED, State.ISSUED, State.VERIFIED, State.INFUSED)


class Shipment(models.Model):
    """Bags that were packed together for one site. Their way is in the ledger of each bag."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="shipments")
    number = models.PositiveIntegerField(unique=True)
    expires_at = models.DateTimeField(_("expires"))
    volume_ml = models.DecimalField(_("volume"), max_digits=6, decimal_places=1)
    cells = models.DecimalField(_("label claim"), max_digits=8, decimal_places=1)
    storage_low = models.DecimalField(_("coldest"), max_digits=5, decimal_places=1)
    storage_high = models.DecimalField(_("warmest"), max_digits=5, decimal_places=1)
    packed_at = models.DateTimeField(_("packed"))
    packed_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(storage_low__lt=F("storage_high")), name="shipment_storage_ordered"
            ),
            models.CheckConstraint(
                condition=Q(volume_ml__gt=0) & Q(cells__gt=0), name="shipment_amounts_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"S{self.number:04d}"


class BagQuerySet(models.QuerySet["Bag"]):
    """Bags, scoped to the sites a user may see."""

    def visible_to(
        self, user: AnyUser, permission: Permission = Permission.PRODUCT_VIEW
    ) -> "BagQuerySet":
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(site__in=scope.ids)


class Bag(models.Model):
    """One bag. `position` is its place in the random order of its shipment.

    `reserved_for` and `visit` stay when the bag is infused: who got it, and when. `version` counts
    its movements.
    """

    number = models.CharField(_("bag"), max_length=8, unique=True)
    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="bags")
    site = models.ForeignKey(Site, models.PROTECT, related_name="bags")
    position = models.PositiveSmallIntegerField()
    expires_at = models.DateTimeField(_("expires"))
    state = models.CharField(_("state"), max_length=12, choices=_STATES)
    reserved_for = models.ForeignKey(
        Participant, models.PROTECT, related_name="bags", null=True, verbose_name=_("participant")
    )
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="bags", null=True)
    excursion_open = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    objects = BagQuerySet.as_manager()

    class Meta:
        ordering = ["shipment", "position"]
        indexes = [
            models.Index(fields=["site", "state", "expires_at"], name="bag_stock"),
            models.Index(fields=["reserved_for"], name="bag_of_participant"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "position"], name="bag_place_once"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="bag_state_known"
            ),
            models.CheckConstraint(
                condition=Q(number__regex=r"^[0-9]{8}$"), name="bag_number_is_one"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[state.value for state in HELD_FOR_SOMEBODY])
                | Q(reserved_for__isnull=False),
                name="bag_held_for_somebody",
            ),
            models.CheckConstraint(
                condition=Q(visit=None) | Q(reserved_for__isnull=False),
                name="bag_visit_has_participant",
            ),
        ]

    def __str__(self) -> str:
        return shown(self.number)

    @property
    def shown(self) -> str:
        """The number as people read it."""
        return shown(self.number)


class BagMovement(models.Model):
    """One line of a bag's ledger. Never changed, never removed; `number` counts from 1."""

    bag = models.ForeignKey(Bag, models.PROTECT, related_name="movements")
    number = models.PositiveIntegerField()
    event = models.CharField(_("event"), max_length=10, choices=_EVENTS)
    state = models.CharField(_("state"), max_length=12, choices=_STATES)
    at = models.DateTimeField(_("time"))
    by = models.CharField(_("by"), max_length=60)
    by_id = models.BigIntegerField(null=True)
    second = models.CharField(_("second person"), max_length=60, blank=True)
    second_id = models.BigIntegerField(null=True)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+", null=True)
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="+", null=True)
    temperature = models.DecimalField(_("temperature"), max_digits=5, decimal_places=1, null=True)
    condition = models.CharField(_("condition"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["bag", "number"]
        constraints = [
            models.UniqueConstraint(fields=["bag", "number"], name="movement_once"),
            models.CheckConstraint(
                condition=Q(event__in=[event.value for event in Event]), name="movement_event_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="movement_state_known"
            ),
            # Issuing and verifying take two people (clinical rules §8.3).
            models.CheckConstraint(
                condition=~Q(event__in=["issue", "verify"])
                | Q(second_id__isnull=False) & Q(by_id__isnull=False) & ~Q(second_id=F("by_id")),
                name="movement_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bag_id} {self.number} {self.event}"


class TemperatureLog(models.Model):
    """A logger's file of a shipment's way and storage, as it came (`content`); its name is not
    kept: it might tell more than a temperature."""

    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="logs")
    sha256 = models.CharField(max_length=64)
    content = models.TextField()
    readings = models.PositiveIntegerField(_("readings"))
    first_at = models.DateTimeField(_("from"))
    last_at = models.DateTimeField(_("to"))
    lowest = models.DecimalField(_("coldest"), max_digits=5, decimal_places=1)
    highest = models.DecimalField(_("warmest"), max_digits=5, decimal_places=1)
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=60)

    class Meta:
        ordering = ["shipment", "first_at"]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "sha256"], name="temperature_log_once"),
            models.CheckConstraint(
                condition=Q(first_at__lte=F("last_at")) & Q(lowest__lte=F("highest")),
                name="temperature_log_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shipment_id} {self.sha256[:12]}"


class Excursion(models.Model):
    """A bag was colder or warmer than its storage allows: it can't be used until somebody who
    knows the product has judged it."""

    class Verdict(models.TextChoices):
        USABLE = "usable", _("may be used")
        UNUSABLE = "unusable", _("must not be used")

    class Ground(models.TextChoices):
        """Why; `note` holds one of these. No free text: who judges knows what is in the bags."""

        STABLE = "stable", _("covered by the stability data")
        UNSTABLE = "unstable", _("not covered by the stability data")
        LOGGER = "logger", _("the logger was wrong, as its calibration shows")

    bag = models.ForeignKey(Bag, models.PROTECT, related_name="excursions")
    began_at = models.DateTimeField(_("from"))
    ended_at = models.DateTimeField(_("to"))
    lowest = models.DecimalField(_("coldest"), max_digits=5, decimal_places=1)
    highest = models.DecimalField(_("warmest"), max_digits=5, decimal_places=1)
    source = models.CharField(_("source"), max_length=200)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=60)
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict, blank=True)
    note = models.TextField(_("note"), blank=True)
    judged_at = models.DateTimeField(null=True)
    judged_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - both set or both null

    class Meta:
        ordering = ["bag", "began_at"]
        constraints = [
            models.UniqueConstraint(fields=["bag", "began_at", "source"], name="excursion_once"),
            models.CheckConstraint(
                condition=Q(judged_at=None, judged_by=None, verdict="")
                | Q(judged_at__isnull=False, judged_by__isnull=False)
                & Q(verdict__in=["usable", "unusable"]),
                name="excursion_judged_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(began_at__lte=F("ended_at")) & Q(lowest__lte=F("highest")),
                name="excursion_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bag_id} {self.began_at}"

    @property
    def ground_name(self) -> str:
        """Why it was judged so, in words; "" while it is not."""
        known = self.note in Excursion.Ground.values
        return str(Excursion.Ground(self.note).label) if known else self.note
