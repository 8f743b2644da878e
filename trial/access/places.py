"""Sites: their details, and which protocol version holds there from when (R-42)."""

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from trial.access.exceptions import Refused
from trial.access.meanwhile import refused_if
from trial.access.models import Site, SiteProtocol
from trial.access.texts import given
from trial.audit.context import Actor, transaction
from trial.protocol import registry

DETAILS = ("name", "name_zh", "planned_participants")


def create_site(
    *,
    code: str,
    name: str,
    name_zh: str,
    timezone: str,
    opened_on: date,
    protocol: str,
    by: Actor,
    planned: int = 25,
    approved_on: date | None = None,
    approval_reference: str = "",
) -> Site:
    """A new site, working under protocol version `protocol` from its opening day.

    Raises Refused for a code that is taken, an unknown time zone, and an approval that is missing
    (a person must give it) or later than the opening.
    """
    wrong: dict[str, list[str]] = {}
    taken = _("There is a site with this code.")
    if Site.objects.filter(code=code).exists():
        wrong["code"] = [taken]
    if timezone not in available_timezones():
        wrong["timezone"] = [_("This is no time zone, such as Asia/Shanghai.")]
    wrong |= _approval_faults(approved_on, approval_reference, opened_on, by, "opened_on")
    if wrong:
        raise Refused(wrong)
    with transaction(by=by), refused_if("access_site_code", Refused({"code": [taken]})):
        site = Site.objects.create(
            code=code,
            name=name,
            name_zh=name_zh,
            timezone=timezone,
            opened_on=opened_on,
            planned_participants=planned,
        )
        SiteProtocol.objects.create(
            site=site,
            version=protocol,
            effective_from=opened_on,
            approved_on=approved_on,
            approval_reference=approval_reference,
        )
        return site


def edit_site(*, site: Site, changes: Mapping[str, Any], by: Actor, reason: str) -> Site:
    """Change the names or the planned number of a site. Raises Refused without a reason."""
    reason = given(reason)
    with transaction(by=by, reason=reason):
        site = Site.objects.select_for_update().get(pk=site.pk)
        wanted = {
            name: unicodedata.normalize("NFC", value) if isinstance(value, str) else value
            for name, value in changes.items()
            if name in DETAILS
        }
        for name, value in wanted.items():
            setattr(site, name, value)
        if wanted:
            site.save(update_fields=list(wanted))
    return site


def adopt_protocol(
    *,
    site: Site,
    version: str,
    effective_from: date,
    by: Actor,
    reason: str,
    approved_on: date | None = None,
    approval_reference: str = "",
) -> SiteProtocol:
    """From `effective_from` on, `version` holds at `site`; its ethics committee has approved it.

    Raises Refused for a version that is unknown or adopted already, for a day that has passed
    (what was recorded keeps the version it was recorded under) or lies before the approval or on
    which another one begins, and for a person who gives no approval.
    """
    reason = given(reason)
    with transaction(by=by, reason=reason):
        Site.objects.select_for_update().get(pk=site.pk)
        wrong = _adoption_faults(site, version, effective_from, by)
        wrong |= _approval_faults(
            approved_on, approval_reference, effective_from, by, "effective_from"
        )
        if wrong:
            raise Refused(wrong)
        return SiteProtocol.objects.create(
            site=site,
            version=version,
            effective_from=effective_from,
            approved_on=approved_on,
            approval_reference=approval_reference,
        )


def _adoption_faults(site: Site, version: str, on: date, by: Actor) -> dict[str, list[str]]:
    adopted = dict(site.protocols.values_list("version", "effective_from"))
    if version not in registry.numbers():
        return {"version": [_("There is no such protocol version.")]}
    if version in adopted:
        return {"version": [_("The site has adopted this version already.")]}
    if on in adopted.values():
        return {"effective_from": [_("Another version begins on this day.")]}
    if by.id is not None and on < site.today():
        return {"effective_from": [_("A version holds from today on at the earliest.")]}
    return {}


def _approval_faults(
    approved_on: date | None, reference: str, on: date, by: Actor, field: str
) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    if by.id is not None and approved_on is None:
        wrong["approved_on"] = [_("Give the day of the ethics approval.")]
    if by.id is not None and not reference.strip():
        wrong["approval_reference"] = [_("Give the reference of the ethics approval.")]
    if approved_on is not None and approved_on > on:
        wrong[field] = [_("The version can't hold before its ethics approval.")]
    return wrong
