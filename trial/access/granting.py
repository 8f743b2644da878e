"""Giving and ending roles: some take two people, some never go together (R-08, R-33, R-35)."""

from contextlib import AbstractContextManager

from django.utils import timezone
from django.utils.translation import gettext as _

from trial.access import separation
from trial.access.delegating import end_for_lost_role
from trial.access.endings import end_access, end_sessions
from trial.access.exceptions import Refused
from trial.access.grants import RoleGrant
from trial.access.meanwhile import refused_if
from trial.access.models import Membership, Site, User
from trial.access.roles import Role, needs_second_person
from trial.access.texts import given
from trial.audit import events
from trial.audit.context import Actor, transaction
from trial.audit.events import Act


def request_role(*, user: User, role: Role, site: Site | None, by: Actor, reason: str) -> RoleGrant:
    """Ask for a role. It is given at once, or waits for a second person (R-33).

    Raises Refused for oneself, without a reason, and for roles that do not go together.
    """
    reason = given(reason)
    with transaction(by=by, reason=reason), _asked_once():
        grant = _ask(user, role, site, by, reason)
        if not needs_second_person(role):
            _carry_out(grant, by)
    return grant


def approve_role(*, grant: RoleGrant, by: Actor) -> RoleGrant:
    """Agree to a role as the second person; it is then given.

    Raises Refused for what one has asked for oneself, for oneself, and for a settled request.
    """
    with transaction(by=by, reason=grant.reason):
        grant = _waiting(grant, by)
        grant.approved_at, grant.approved_by, grant.approved_by_id = timezone.now(), by.name, by.id
        grant.save(update_fields=["approved_at", "approved_by", "approved_by_id"])
        _carry_out(grant, by)
    return grant


def refuse_role(*, grant: RoleGrant, by: Actor, reason: str) -> RoleGrant:
    """Turn a request down. Who asked for it may take it back so. Raises Refused if settled."""
    reason = given(reason)
    with transaction(by=by, reason=reason):
        grant = RoleGrant.objects.select_for_update().get(pk=grant.pk)
        if not grant.waits:
            raise Refused({"": [_("This request is settled already.")]})
        grant.refused_at, grant.refused_by, grant.refusal = timezone.now(), by.name, reason
        grant.save(update_fields=["refused_at", "refused_by", "refusal"])
        _tell(Act.ROLE_REFUSED, grant, by, reason)
    return grant


def grant_role(
    *, user: User, role: Role, site: Site | None, by: Actor, reason: str = ""
) -> Membership:
    """Give a role at once.

    Raises Refused as `request_role`, and where a person may not do it alone.
    The system (a demonstration, a first administrator) has no second person.
    """
    if by.id is not None and needs_second_person(role):
        raise Refused({"role": [_("This role takes a second person: ask for it.")]})
    with transaction(by=by, reason=reason), _asked_once():
        return _carry_out(_ask(user, role, site, by, reason), by)


def end_role(*, membership: Membership, by: Actor, reason: str) -> None:
    """Take a role away; the row stays as evidence. Sessions and tokens of the user end (R-34),
    and so do duties at a site where no role is left.

    Raises Refused for a role of one's own, one that has ended, and without a reason.
    """
    reason = given(reason)
    with transaction(by=by, reason=reason):
        User.objects.select_for_update().get(pk=membership.user_id)  # as who asks, or delegates
        membership = Membership.objects.select_for_update().get(pk=membership.pk)
        if membership.ended_at is not None:
            raise Refused({"": [_("This role has ended already.")]})
        if membership.user_id == by.id:
            raise Refused({"": [_("Nobody changes their own roles.")]})
        membership.ended_at, membership.ended_by = timezone.now(), by.name
        membership.save(update_fields=["ended_at", "ended_by"])
        end_for_lost_role(user=membership.user, site=membership.site, by=by, reason=reason)
        _tell(Act.ROLE_ENDED, membership, by, reason)
        end_access(user=membership.user, by=by, reason=reason)


def _ask(user: User, role: Role, site: Site | None, by: Actor, reason: str) -> RoleGrant:
    user = User.objects.select_for_update().get(pk=user.pk)
    _look(user, role, site)
    if user.pk == by.id:
        raise Refused({"": [_("Nobody changes their own roles.")]})
    grant = RoleGrant.objects.create(
        user=user, role=role, site=site, reason=reason, requested_by=by.name, requested_by_id=by.id
    )
    if needs_second_person(role):
        _tell(Act.ROLE_REQUESTED, grant, by, reason)
    return grant


def _look(user: User, role: Role, site: Site | None) -> None:
    """Raise Refused where this role can't be given. The user's row is locked."""
    if not user.is_active:
        raise Refused({"": [_("The account is deactivated.")]})
    held = list(Membership.objects.filter(user=user))
    now = [(Role(one.role), one.site_id) for one in held if one.ended_at is None]
    place = separation.misplaced(role, at_site=site is not None)
    if place:
        raise Refused({"site": [place]})
    if (role, site.pk if site else None) in now:
        raise Refused({"role": [_("This role is held already.")]})
    apart = separation.refusal(
        role, standing={one for one, _site in now}, ever={Role(one.role) for one in held}
    )
    if apart:
        raise Refused({"role": [apart]})


def _waiting(grant: RoleGrant, by: Actor) -> RoleGrant:
    """The request, locked, if `by` may answer it. Its user is locked first, as by those who ask."""
    User.objects.select_for_update().get(pk=grant.user_id)
    grant = RoleGrant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    if not grant.waits:
        raise Refused({"": [_("This request is settled already.")]})
    if by.id is None or by.id == grant.requested_by_id:
        raise Refused({"": [_("A second person must agree, not the one who asked.")]})
    if by.id == grant.user_id:
        raise Refused({"": [_("Nobody changes their own roles.")]})
    _look(grant.user, Role(grant.role), grant.site)
    return grant


def _carry_out(grant: RoleGrant, by: Actor) -> Membership:
    """Give what was asked for. The user signs in anew, with the new role (F-054, F-114)."""
    membership = Membership.objects.create(
        user=grant.user, role=grant.role, site=grant.site, granted_by=by.name
    )
    grant.membership = membership
    grant.save(update_fields=["membership"])
    _tell(Act.ROLE_GRANTED, grant, by, grant.reason)
    end_sessions(user=grant.user, by=by, reason=grant.reason)
    return membership


def _tell(act: Act, row: RoleGrant | Membership, by: Actor, reason: str) -> None:
    events.record(
        act,
        by=by,
        record=f"{row._meta.db_table}:{row.pk}",
        details={
            "user": row.user.username,
            "role": row.role,
            "site": row.site.code if row.site else "",
            "approved_by": getattr(row, "approved_by", None),
        },
        subject=(row.site_id, None, None),
        reason=reason,
    )


def _asked_once() -> AbstractContextManager[None]:
    """A second request for what waits already is refused in words."""
    words = _("This has been asked for already and waits.")
    return refused_if("role_grant_one_open", Refused({"role": [words]}))
