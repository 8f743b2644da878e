"""What people get in with, as the database keeps it: sessions, links, passwords, uses of tokens."""

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

MEMORY = 10  # as many former passwords can't be used again


class Session(AbstractBaseSession):
    """A session that says whose it is, so that all of a user's can be ended (R-34)."""

    user = models.ForeignKey("access.User", models.PROTECT, null=True, related_name="+")

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    def __str__(self) -> str:
        return f"session of {self.user_id}"


class FormerPassword(models.Model):
    """The hash of a password that a user has or had. Never shown, exported or put in the trail."""

    user = models.ForeignKey("access.User", models.PROTECT, related_name="+")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField(auto_now_add=True)
    set_by = models.CharField(max_length=60)

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="former_password_newest")]

    def __str__(self) -> str:
        return f"password of {self.user_id}"


class LinkEnd(models.TextChoices):
    """How a set-up link came to its end."""

    USED = "used"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"  # the account was closed


class SetupLink(models.Model):
    """Lets its holder set the password of `user`, once, for an hour. Only its SHA-256 is kept."""

    user = models.ForeignKey("access.User", models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=60)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, null=True)  # noqa: DJ001 - null with its time
    end = models.CharField(max_length=10, choices=LinkEnd.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(ended_at=None),
                name="setup_link_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_by=None, end="")
                | models.Q(ended_at__isnull=False, ended_by__isnull=False, end__in=LinkEnd.values),
                name="setup_link_end_has_by",
            ),
        ]

    def __str__(self) -> str:
        return f"set-up link of {self.user_id}"


class TokenUse(models.Model):
    """When an API token was last used, to the hour. Apart from the token: not worth a history."""

    token = models.OneToOneField("access.ApiToken", models.PROTECT, related_name="use")
    last_used = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True)

    def __str__(self) -> str:
        return f"{self.token_id}: {self.last_used}"


class FailedSignIn(models.Model):
    """A failed sign-in of the last day, to notice tries spread over many addresses (F-115)."""

    username = models.CharField(max_length=150)
    address = models.CharField(max_length=45, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["username", "at"], name="failed_sign_in_of_user"),
            models.Index(fields=["at"], name="failed_sign_in_age"),
        ]

    def __str__(self) -> str:
        return f"{self.username} from {self.address}"
