"""Which protocol version holds where and when, who may do what at a site, who has agreed."""

from datetime import date, timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access import names
from trial.access.duties import Delegation, Duty
from trial.access.exceptions import Refused
from trial.access.models import ApiToken, Site, SiteProtocol, User
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from trial.access.trainings import AGREEMENT_VERSION, SYSTEM_VERSION, Kind, Training
from trial.protocol import registry
from trial.protocol.version import ProtocolVersion


def protocol_at(site: Site, on: date) -> ProtocolVersion:
    """The protocol version that holds at `site` on `on`: the last one adopted by then."""
    rows = SiteProtocol.objects.filter(site=site).order_by("effective_from")
    assignments = [(row.version, row.effective_from) for row in rows]
    return registry.get(registry.effective(assignments, on))


def sites_of(user: AnyUser, permission: Permission) -> QuerySet[Site]:
    """The sites at which `user` holds `permission`, by code."""
    scope = sites_for(user, permission)
    sites = Site.objects.order_by("code")
    return sites if scope.everywhere else sites.filter(pk__in=scope.ids)


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The API tokens of `user` that stand or have ended within a month, newest first, each with
    `last_used`."""
    recent = timezone.now() - timedelta(days=30)
    standing = Q(expires_at__gt=recent) & (Q(revoked_at=None) | Q(revoked_at__gt=recent))
    found = ApiToken.objects.filter(standing, user=user).order_by("-id")
    return found.annotate(last_used=F("use__last_used"))


def name_is_taken(username: str) -> bool:
    """Whether a user name is, or was, somebody's, whatever its case or width (R-28)."""
    named = User.objects.annotate(plain=Lower(names.Normalized("username")))
    return named.filter(plain=names.canonical(username).lower()).exists()


# --- duties -------------------------------------------------------------------------------------
def delegations_on(site: Site, on: date) -> QuerySet[Delegation]:
    """The entries of a site's delegation log that held, or hold, on a day."""
    log = Delegation.objects.filter(site=site, from_on__lte=on)
    return log.filter(Q(to_on=None) | Q(to_on__gte=on))


def delegated(user: User, site: Site, duty: Duty, on: date) -> bool:
    """Whether `duty` was entrusted to `user` at `site` on that day (R-29)."""
    return delegations_on(site, on).filter(user=user, duties__contains=[duty]).exists()


def has_log(site: Site) -> bool:
    """Whether the site keeps its delegation log in this system."""
    return Delegation.objects.filter(site=site).exists()


def principal_of(site: Site) -> Delegation | None:
    """The entry of the site's principal investigator, if one is named."""
    log = Delegation.objects.select_related("user", "site")
    return log.filter(site=site, ended_at=None, duties__contains=[Duty.SIGN]).first()


def require_duty(user: User, site: Site, duty: Duty, on: date) -> None:
    """Raise Refused, in words, unless `duty` was entrusted to `user` at `site` on that day."""
    if not delegated(user, site, duty, on):
        words = _("The delegation log of site %(site)s does not entrust you with: %(duty)s.")
        raise Refused({"": [words % {"site": site.code, "duty": duty.label}]})


# --- training -----------------------------------------------------------------------------------
def current_version(kind: Kind) -> str:
    """The version of a training or agreement that is to be confirmed now."""
    versions = {Kind.SYSTEM: SYSTEM_VERSION, Kind.AGREEMENT: AGREEMENT_VERSION}
    return versions.get(kind) or registry.latest().number


def agreed(user: User) -> bool:
    """Whether `user` has agreed to the present text on electronic signatures (R-31)."""
    return Training.objects.filter(
        user=user, kind=Kind.AGREEMENT, version=AGREEMENT_VERSION
    ).exists()
