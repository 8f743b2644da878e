"""Users, sites, what role a user has where, and what protocol version holds at a site."""

from datetime import date
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trial.access.credentials import (
    FailedSignIn,
    FormerPassword,
    LinkEnd,
    Session,
    SetupLink,
    TokenUse,
)
from trial.access.duties import Delegation, Duty
from trial.access.grants import RoleGrant
from trial.access.names import Normalized
from trial.access.reviews import AccessReview
from trial.access.roles import ROLES, Role
from trial.access.security import AlertKind, MailState, ProofCount, SecurityAlert
from trial.access.trainings import Kind, Training

__all__ = [
    "AccessReview",
    "AlertKind",
    "ApiToken",
    "Delegation",
    "Duty",
    "FailedSignIn",
    "FormerPassword",
    "IdempotentRequest",
    "Kind",
    "LinkEnd",
    "MailState",
    "Membership",
    "ProofCount",
    "RoleGrant",
    "SecurityAlert",
    "Session",
    "SetupLink",
    "Site",
    "SiteProtocol",
    "TokenScope",
    "TokenUse",
    "Training",
    "User",
    "UserManager",
]
_SITE_BOUND = sorted(role.value for role, definition in ROLES.items() if definition.site_bound)


class UserManager(BaseUserManager["User"]):
    """Users are found by their sign-in name, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """A person who signs in. Never deleted, and a username is never given to another (R-28)."""

    username = models.CharField(
        _("user name"), max_length=60, unique=True, validators=[UnicodeUsernameValidator()]
    )
    full_name = models.CharField(_("full name"), max_length=120)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    is_active = models.BooleanField(_("active"), default=True)
    # Somebody else has chosen the password, or it is too old: nothing else can be done first.
    must_change_password = models.BooleanField(_("must change the password"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # Sign-ins are acts in the trail; a column would be a write without an actor.
    last_login = None

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower(Normalized("username")), name="user_username_unique")
        ]

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        return self.full_name

    def check_password(self, raw_password: str | None) -> bool:
        """Whether this is the password. Django's own would write a stronger hash now and then,
        which is a write without an actor; here hashes are renewed when passwords are."""
        return check_password(raw_password, self.password)


class Site(models.Model):
    """A hospital that takes part. `timezone` is an IANA name; dates of visits are local to it."""

    code = models.CharField(_("code"), max_length=2, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)
    timezone = models.CharField(_("time zone"), max_length=60, default="Asia/Shanghai")
    opened_on = models.DateField(_("opened"))
    planned_participants = models.PositiveIntegerField(_("planned participants"), default=25)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^[0-9]{2}$"), name="site_code_digits"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.timezone)

    def today(self) -> date:
        """The calendar date at the site now."""
        return timezone.localdate(timezone=self.zone)


class SiteProtocol(models.Model):
    """From which date a protocol version holds at a site: after its ethics approval (R-42).

    `approved_on` and `approval_reference` are the date and the number of the ethics approval.
    """

    site = models.ForeignKey(Site, models.PROTECT, related_name="protocols")
    version = models.CharField(max_length=20)
    effective_from = models.DateField()
    approved_on = models.DateField(_("ethics approval"), null=True, blank=True)
    approval_reference = models.CharField(
        _("reference of the approval"), max_length=100, blank=True
    )

    class Meta:
        ordering = ["site", "effective_from"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(approved_on=None)
                | models.Q(approved_on__lte=models.F("effective_from")),
                name="site_protocol_approved_before",
            ),
            models.UniqueConstraint(fields=["site", "version"], name="site_protocol_once"),
            models.UniqueConstraint(
                fields=["site", "effective_from"], name="site_protocol_one_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} from {self.effective_from}"


class Membership(models.Model):
    """A role of a user at one site, or (site null) at all, from `granted_at` to `ended_at`."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(r.value, d.name) for r, d in ROLES.items()])
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)
    granted_by = models.CharField(max_length=60)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001 - null with its time

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "site"],
                condition=models.Q(ended_at=None),
                name="membership_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]),
                name="membership_role_known",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=_SITE_BOUND, site__isnull=False)
                | ~models.Q(role__in=_SITE_BOUND) & models.Q(site=None),
                name="membership_site_fits_role",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_by=None)
                | models.Q(ended_at__isnull=False, ended_by__isnull=False),
                name="membership_end_has_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.site_id or 'all sites'}"


class TokenScope(models.TextChoices):
    """What a token is good for, within what its owner's roles allow."""

    READ = "read", _("reading")
    WRITE = "write", _("reading and writing")


class ApiToken(models.Model):
    """A key to the API. Only its SHA-256 is kept; `prefix` lets its owner tell tokens apart.

    `networks`: the CIDR networks it may be used from; none means any (R-37, F-118).
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="tokens")
    prefix = models.CharField(max_length=8)
    digest = models.CharField(max_length=64, unique=True)
    scope = models.CharField(max_length=5, choices=TokenScope.choices, default=TokenScope.WRITE)
    networks: "models.Field[list[str], list[str]]" = ArrayField(
        models.CharField(max_length=43), default=list, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001 - null with its time

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(revoked_at=None, revoked_by=None)
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="token_revocation_has_by",
            ),
            models.CheckConstraint(
                condition=models.Q(scope__in=TokenScope.values), name="token_scope_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…"


class IdempotentRequest(models.Model):
    """A write already answered: the same key and body again get the same answer (F-004, F-005)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key
