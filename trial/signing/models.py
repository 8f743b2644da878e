"""Electronic signatures (21 CFR Part 11, subpart C). A row is never changed and never removed."""

from datetime import UTC

from django.db import models
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trial.access.models import Site, User
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import ROLES, Permission, Role
from trial.audit.models import Event
from trial.audit.watermark import Watermark
from trial.protocol.casebook.forms import OF_THE_SITE
from trial.signing.canonical import Head


class Scope(models.TextChoices):
    """What is signed."""

    VISIT = "visit", _("visit")
    CASEBOOK = "casebook", _("casebook")
    ALLOCATION = "allocation", _("randomisation")


class Meaning(models.TextChoices):
    """What a signature says (R-24). The words of a code are never changed: a new one is added."""

    VISIT_REVIEWED = "visit_reviewed", _("I have reviewed this visit's data and they are correct.")
    CASEBOOK_COMPLETE = "casebook_complete", _("This casebook is complete and accurate.")
    TO_BE_RANDOMISED = (
        "to_be_randomised",
        _("This participant has consented and is eligible, and is to be randomised."),
    )


MEANING_OF: dict[str, Meaning] = {
    Scope.VISIT: Meaning.VISIT_REVIEWED,
    Scope.CASEBOOK: Meaning.CASEBOOK_COMPLETE,
    Scope.ALLOCATION: Meaning.TO_BE_RANDOMISED,
}


class Components(models.TextChoices):
    """What the signer gave: user name and password, or the password alone (R-27)."""

    BOTH = "both", _("user name and password")
    PASSWORD = "password", _("password")


class _After(Func):
    """Whether an event was not yet visible at the watermark of the outer signature."""

    function = "audit_after"
    output_field = BooleanField()

    def __init__(self) -> None:
        seen = (OuterRef("seen_generation"), OuterRef("seen_snapshot"))
        super().__init__(F("generation"), F("xid"), *seen)


class SignatureQuerySet(models.QuerySet["Signature"]):
    """Signatures, narrowed down; whether they still stand is read off the trail, set-based."""

    def visible_to(
        self, user: AnyUser, permission: Permission = Permission.PARTICIPANT_VIEW
    ) -> "SignatureQuerySet":
        scope = sites_for(user, permission)
        return self if scope.everywhere else self.filter(site__in=scope.ids)

    def current(self) -> "SignatureQuerySet":
        """The newest of each record; those before it are superseded."""
        newer = Signature.objects.filter(
            Q(visit_id=OuterRef("visit_id")) | Q(visit_id=None),
            scope=OuterRef("scope"), participant_id=OuterRef("participant_id"),
            pk__gt=OuterRef("pk"),
        )  # fmt: skip
        return self.filter(~Exists(newer))

    def with_changed(self) -> "SignatureQuerySet":
        """With `changed`: something of what it covers was changed after it (R-26).

        Nothing breaks the signature of a randomisation: what it covers is kept as it was signed.
        """
        events = Event.objects.changes(COVERED).filter(
            _After(), participant_id=OuterRef("participant_id")
        )
        of_visit = events.filter(visit_id=OuterRef("visit_id"))
        changed = Q(Exists(of_visit), scope=Scope.VISIT) | Q(Exists(events), scope=Scope.CASEBOOK)
        return self.annotate(changed=models.ExpressionWrapper(changed, BooleanField()))

    def intact(self) -> "SignatureQuerySet":
        """Current ones after which nothing was changed."""
        return self.current().with_changed().filter(Q(changed=False))


# The tables whose rows a signature covers; trial/quality/casebook.py above says the same, by test.
COVERED = (
    "patients_participant",
    "patients_consent",
    "patients_criterionanswer",
    "visits_visit",
    "labs_panel",
    "labs_result",
    "visits_infusion",
    "visits_infusionsonography",
    "visits_infusionvitals",
    "visits_infusionratechange",
    "visits_infusionpremedication",
    "visits_infusionreaction",
    *(form.table for form in OF_THE_SITE),
)


class Signature(models.Model):
    """One signature. A new one supersedes those before it of the same record.

    Name, user name and role stand here as they were when it was given. `sha256` is over the text
    of trial/signing/canonical.py; `seen_…` is what the signer's reading could see of history.
    """

    scope = models.CharField(max_length=10, choices=Scope)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+")
    participant_id = models.BigIntegerField()
    participant_code = models.CharField(max_length=12)
    visit_id = models.BigIntegerField(null=True)
    visit_label = models.CharField(max_length=20, blank=True)
    meaning = models.CharField(max_length=30, choices=Meaning)
    signer = models.ForeignKey(User, models.PROTECT, related_name="signatures")
    printed_name = models.CharField(max_length=120)
    role = models.CharField(max_length=20)
    signed_at = models.DateTimeField()
    signed_by = models.CharField(max_length=60)
    schema = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64)
    seen_generation = models.IntegerField()
    seen_snapshot = models.TextField()
    components = models.CharField(max_length=10, choices=Components)

    objects = SignatureQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["participant_id", "visit_id"], name="signature_record"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="visit", visit_id__isnull=False) & ~Q(visit_label="")
                | Q(scope__in=["casebook", "allocation"], visit_id=None, visit_label=""),
                name="signature_scope_has_its_record",
            ),
            models.CheckConstraint(
                condition=Q(scope="visit", meaning="visit_reviewed")
                | Q(scope="casebook", meaning="casebook_complete")
                | Q(scope="allocation", meaning="to_be_randomised"),
                name="signature_meaning_fits_scope",
            ),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="signature_hash_is_one"
            ),
            models.CheckConstraint(
                condition=~Q(printed_name="") & ~Q(signed_by=""), name="signature_has_name"
            ),
            models.CheckConstraint(
                condition=Q(components__in=Components.values), name="signature_components_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.participant_code} {self.visit_label} by {self.signed_by}"

    @property
    def seen(self) -> Watermark:
        return Watermark(self.seen_generation, self.seen_snapshot)

    @property
    def words(self) -> str | Promise:
        """The meaning in the reader's language."""
        return Meaning(self.meaning).label

    @property
    def moment(self) -> str:
        """When it was given: to the second, in UTC, said so (R-24)."""
        return self.signed_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

    @property
    def role_name(self) -> str | Promise:
        """The role under which it was given, in words."""
        return ROLES[Role(self.role)].name

    @property
    def head(self) -> Head:
        """Everything but the rows that the hash is over. Needs the site."""
        return Head(
            schema=self.schema,
            scope=self.scope,
            site=self.site.code,
            participant_id=self.participant_id,
            participant_code=self.participant_code,
            visit_id=self.visit_id,
            visit_label=self.visit_label,
            meaning=self.meaning,
            signer_id=self.signer_id,
            printed_name=self.printed_name,
            username=self.signed_by,
            role=self.role,
            at=self.signed_at,
        )
