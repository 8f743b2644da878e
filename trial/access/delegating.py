"""Keeping the delegation log of a site (R-29; ICH E6(R3) 2.3.3)."""

from collections.abc import Collection
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access.duties import DELEGABLE, Delegation, Duty
from trial.access.exceptions import Refused
from trial.access.models import Membership, Site, User
from trial.access.roles import Role
from trial.access.selectors import principal_of
from trial.access.texts import given
from trial.audit import events
from trial.audit.context import Actor, transaction
from trial.audit.events import Act


def delegate(
    *,
    user: User,
    site: Site,
    duties: Collection[str],
    from_on: date,
    by: Actor,
    to_on: date | None = None,
    reason: str = "",
) -> Delegation:
    """Entrust duties at a site to somebody with a role there, in place of present duties of theirs.

    Raises Refused for oneself, without a duty, for signing (which can't be delegated), for
    somebody without a role at the site, and for days that can't be. Where a principal
    investigator is named, nobody else delegates.
    """
    wanted = [duty.value for duty in Duty if duty.value in duties]
    if not wanted:
        raise Refused({"duties": [_("Choose at least one duty.")]})
    if not set(wanted) <= {duty.value for duty in DELEGABLE}:
        raise Refused({"duties": [_("Signing as principal investigator can't be delegated.")]})
    with transaction(by=by, reason=reason):
        user = _locked(user)
        _lock(site)
        _may_delegate(site, by)
        return _enter(user, site, wanted, from_on, to_on, by, reason)


def appoint_principal(
    *, user: User, site: Site, from_on: date, by: Actor, reason: str
) -> Delegation:
    """Name the principal investigator of a site, who alone signs and delegates there (R-29).

    The one before, and other duties of the new one, end. Raises Refused for somebody who is no
    investigator of the site, and for oneself.
    """
    reason = given(reason)
    with transaction(by=by, reason=reason):
        user = _locked(user)
        _lock(site)
        if not _roles_at(user, site).filter(role=Role.INVESTIGATOR).exists():
            raise Refused({"user": [_("Only an investigator of the site can be principal.")]})
        former = principal_of(site)
        if former is not None and former.user_id != user.pk:
            _close(former, from_on, by, reason)
        return _enter(user, site, list(Duty.values), from_on, None, by, reason)


def end_delegation(*, delegation: Delegation, on: date, by: Actor, reason: str) -> Delegation:
    """End an entry; `on` is the last day on which it held.

    Raises Refused for one that has ended, for a day that can't be, and for the entry of the
    principal investigator (another one is named instead). Where a principal investigator is
    named, nobody else ends one.
    """
    reason = given(reason)
    with transaction(by=by, reason=reason):
        _lock(delegation.site)
        delegation = Delegation.objects.select_related("site", "user").get(pk=delegation.pk)
        _may_delegate(delegation.site, by)
        if delegation.ended_at is not None:
            raise Refused({"": [_("This entry has ended already.")]})
        if delegation.principal:
            raise Refused({"": [_("Name another principal investigator instead.")]})
        if not delegation.from_on <= on <= delegation.site.today():
            raise Refused({"on": [_("The last day lies between the first day and today.")]})
        _close(delegation, on, by, reason)
    return delegation


def end_for_lost_role(*, user: User, site: Site | None, by: Actor, reason: str) -> None:
    """End the duties at `site` of somebody who has no role left there."""
    if site is not None and not _roles_at(user, site).exists():
        end_duties(user=user, by=by, reason=reason, site=site)


def end_duties(*, user: User, by: Actor, reason: str, site: Site | None = None) -> None:
    """End all duties of somebody who leaves, at `site` or everywhere, today."""
    entries = Delegation.objects.filter(user=user, ended_at=None).select_related("site", "user")
    with transaction(by=by, reason=reason):
        for entry in entries.filter(site=site) if site else entries:
            _close(entry, entry.site.today(), by, reason)


def _enter(
    user: User,
    site: Site,
    duties: list[str],
    from_on: date,
    to_on: date | None,
    by: Actor,
    reason: str,
) -> Delegation:
    if user.pk == by.id:
        raise Refused({"user": [_("Nobody entrusts duties to themself.")]})
    if not user.is_active or not _roles_at(user, site).exists():
        raise Refused({"user": [_("This person has no role at the site.")]})
    if from_on < site.opened_on:
        raise Refused({"from_on": [_("The site was not open yet on that day.")]})
    if to_on is not None and to_on < from_on:
        raise Refused({"to_on": [_("The last day lies before the first.")]})
    for present in Delegation.objects.filter(user=user, site=site, ended_at=None):
        if present.principal and Duty.SIGN not in duties:
            raise Refused({"user": [_("The principal investigator has all duties already.")]})
        _close(present, from_on, by, reason or _("New duties"))
    entry = Delegation.objects.create(
        user=user, site=site, duties=duties, from_on=from_on, to_on=to_on, reason=reason,
        delegated_by=by.name, delegated_by_id=by.id,
    )  # fmt: skip
    _tell(Act.DELEGATED, entry, by, reason)
    return entry


def _may_delegate(site: Site, by: Actor) -> None:
    principal = principal_of(site)
    if by.id is not None and principal is not None and principal.user_id != by.id:
        words = _("At this site the principal investigator, %(name)s, delegates.")
        raise Refused({"": [words % {"name": principal.user.full_name}]})


def _roles_at(user: User, site: Site) -> QuerySet[Membership]:
    return Membership.objects.filter(user=user, site=site, ended_at=None)


def _locked(user: User) -> User:
    """The person as they are now: their account stays open, their roles stay, until we are done.

    Locked before the site, by everybody who locks both.
    """
    return User.objects.select_for_update().get(pk=user.pk)


def _lock(site: Site) -> None:
    """One change of a site's log at a time."""
    Site.objects.select_for_update().get(pk=site.pk)


def _close(entry: Delegation, on: date, by: Actor, reason: str) -> None:
    """The entry held up to and including `on`, at least for its first day.

    One that was ended meanwhile, with a role or an account, stays as it was ended.
    """
    if Delegation.objects.select_for_update().filter(pk=entry.pk, ended_at=None).first() is None:
        return
    last = max(entry.from_on, min(on, entry.to_on or on))
    entry.to_on, entry.ended_at, entry.ended_by = last, timezone.now(), by.name
    entry.end_reason = reason
    entry.save(update_fields=["to_on", "ended_at", "ended_by", "end_reason"])
    _tell(Act.DELEGATION_ENDED, entry, by, reason)


def _tell(act: Act, entry: Delegation, by: Actor, reason: str) -> None:
    events.record(
        act,
        by=by,
        record=f"access_delegation:{entry.pk}",
        details={
            "user": entry.user.username,
            "site": entry.site.code,
            "duties": entry.duties,
            "from": entry.from_on,
            "to": entry.to_on,
        },
        subject=(entry.site_id, None, None),
        reason=reason,
    )
