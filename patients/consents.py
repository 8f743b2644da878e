"""Which consent form is in force, and who has not signed it (re-consent after an amendment)."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from patients.models import Consent, Participant, Status
from trial.access.models import Site, SiteProtocol
from trial.access.policy import AnyUser, sites_for
from trial.access.roles import Permission
from trial.access.selectors import protocol_at
from trial.protocol import registry

TAKING_PART = (Status.SCREENING, Status.ENROLLED)


def consent_in_force(site: Site) -> str:
    """The version of the consent form that the protocol in force at a site names."""
    return protocol_at(site, site.today()).consent_version


def must_consent_anew(participant: Participant, consents: Iterable[Consent] | None = None) -> str:
    """The version that somebody taking part still has to sign; "" for none, and while nothing was
    signed at all. `consents`: the participant's, where they were read already."""
    if participant.status not in TAKING_PART:
        return ""
    known = participant.consents.all() if consents is None else consents
    signed = {one.form_version for one in known}
    wanted = consent_in_force(participant.site)
    return wanted if signed and wanted not in signed else ""


def to_consent_anew(user: AnyUser) -> "QuerySet[Any]":
    """Those taking part who have signed a form, but not the one in force at their site; each with
    `signed_version`, the newest they signed. One statement to make it, one to read it."""
    signed = Consent.objects.filter(participant=OuterRef("pk"))
    missing = Q(pk__in=[])
    for version, sites in _sites_by_version(user).items():
        anew = Q(~Exists(signed.filter(form_version=version)))
        missing |= Q(site__in=sites) & anew
    newest = signed.order_by("-given_at").values("form_version")[:1]
    rows = Participant.objects.visible_to(user).filter(missing, Exists(signed))
    found: QuerySet[Any] = rows.filter(status__in=TAKING_PART).annotate(
        signed_version=Subquery(newest)
    )
    return found.select_related("site").order_by("code")


def _sites_by_version(user: AnyUser) -> dict[str, list[int]]:
    """The sites a user sees, by the consent form in force there today."""
    scope = sites_for(user, Permission.PARTICIPANT_VIEW)
    rows = SiteProtocol.objects.select_related("site")
    if not scope.everywhere:
        rows = rows.filter(site__in=scope.ids)
    by_site: dict[Site, list[SiteProtocol]] = defaultdict(list)
    for row in rows:
        by_site[row.site].append(row)
    found: dict[str, list[int]] = defaultdict(list)
    for site, adopted in by_site.items():
        dates = [(row.version, row.effective_from) for row in adopted]
        try:
            number = registry.effective(dates, site.today())
        except registry.NoVersionInForce:
            continue
        found[registry.get(number).consent_version].append(site.pk)
    return found
