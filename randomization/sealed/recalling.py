"""Recalling lots: every bag of them, everybody who got one, and word to the sites (§8.2, §8.3).

Two logins, so two transactions: first the lots, sealed and signed, from which moment no bag of them
is allocated any more; then the bags, where everybody sees them. If the second does not come to its
end, what is left is shown, and can be done again.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connections
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from randomization.release import STEPS, Disposition
from randomization.sealed.disposing import Decision, Signer, prove_signer, put
from randomization.sealed.models import BagContent, Lot
from randomization.sealed.product import lots
from trial.access.exceptions import Refused
from trial.access.models import Membership, Site
from trial.access.roles import ROLES, Permission, Role
from trial.audit.context import SEALED_DB_ALIAS, Actor, transaction
from trial.inbox.services import raise_item
from trial.quality.exceptions import Locked
from visits.bag_numbers import shown
from visits.custody import ENDS, Event, State
from visits.models import Bag, BagMovement
from visits.services.bags import NotMovable, Step, move

logger = logging.getLogger(__name__)
KIND = "recall"  # of an inbox item


@dataclass(frozen=True, slots=True)
class Scope:
    """What is recalled: one lot, or every lot of a donor."""

    lot_id: int | None = None
    donor_id: int | None = None

    @property
    def lots(self) -> list[Lot]:
        """The lots, newest first."""
        wanted = Q(pk=self.lot_id) if self.lot_id is not None else Q(donor_id=self.donor_id)
        return list(lots().filter(wanted))


@dataclass(frozen=True, slots=True)
class Traced:
    """All bags of the lots, each with its lot; as pharmacy sees them, at every site."""

    lots: Sequence[Lot]
    bags: Sequence[tuple[Bag, Lot]]

    @property
    def infused(self) -> list[tuple[Bag, Lot]]:
        """Those that somebody got."""
        return [pair for pair in self.bags if pair[0].state == State.INFUSED]

    @property
    def people(self) -> int:
        """How many people that is."""
        return len({bag.reserved_for_id for bag, _lot in self.infused})

    @property
    def left(self) -> list[Bag]:
        """Those of lots that are recalled or rejected which are still somewhere."""
        out = (Disposition.RECALLED, Disposition.REJECTED, Disposition.DESTROYED)
        return [bag for bag, lot in self.bags if bag.state not in ENDS and lot.disposition in out]

    @property
    def recallable(self) -> list[Lot]:
        """Lots that a recall would change: in use, or in quarantine."""
        return [lot for lot in self.lots if _outcome(lot) is not None]


def trace(scope: Scope) -> Traced:
    """Every bag of the lots in `scope`, with its place, participant and `last_at`, the time of what
    happened to it last; three statements."""
    found = scope.lots
    by_id = {lot.pk: lot for lot in found}
    contents = dict(BagContent.objects.filter(lot__in=by_id).values_list("bag_id", "lot_id"))
    bags = Bag.objects.filter(pk__in=contents).select_related(
        "site", "shipment", "reserved_for", "visit"
    )
    last = BagMovement.objects.filter(bag=OuterRef("pk"), number=OuterRef("version"))
    ordered = bags.annotate(last_at=Subquery(last.values("at"))).order_by("site__code", "number")
    return Traced(found, [(bag, by_id[contents[bag.pk]]) for bag in ordered])


def _outcome(lot: Lot) -> Disposition | None:
    """What a recall makes of a lot: what was never released is rejected."""
    before = Disposition(lot.disposition)
    wanted = Disposition.REJECTED if before is Disposition.QUARANTINE else Disposition.RECALLED
    return wanted if (before, wanted) in STEPS else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a recall: bags withdrawn, those that a hold keeps where they are, sites that
    were told, mails that could not be sent."""

    withdrawn: int
    held: Sequence[Bag]
    told: Sequence[Site]
    unsent: int


def recall(*, scope: Scope, reason: str, signer: Signer, by: Actor) -> Outcome:
    """Recall every lot in `scope` with one signature each, then withdraw the bags and tell sites.

    Raises Refused for a wrong proof, without a reason, or where no lot is left to be recalled.
    """
    prove_signer(signer, by=by)
    with transaction(by=by, reason=reason, using=SEALED_DB_ALIAS):
        wanted = [(lot, outcome) for lot in scope.lots if (outcome := _outcome(lot))]
        if not wanted:
            raise Refused({"": [_("There is no lot left to be recalled.")]})
        for lot, outcome in wanted:
            put(lot=lot, decision=Decision(outcome, reason), signer=signer.user, by=by)
    return withdraw(scope=scope, by=by)


def withdraw(*, scope: Scope, by: Actor) -> Outcome:
    """Move the bags of recalled lots that are still somewhere out of use, and tell the sites.

    Can be done again: what is withdrawn stays so, and no site finds a second notice of the same
    bags. No word of it names a lot.
    """
    _wait_for_allocations(by)
    traced = trace(scope)
    done, held = 0, []
    for _key, group in groupby(sorted(traced.left, key=_together), key=_together):
        bags = list(group)
        try:
            move(bags=[bag.pk for bag in bags], step=Step(Event.RECALL), by=by, reason=KIND)
            done += len(bags)
        except (Locked, NotMovable):
            held += bags
    told, unsent = _tell(traced, by)
    return Outcome(done, held, told, unsent)


def _wait_for_allocations(by: Actor) -> None:
    """An allocation that saw the lot before it was recalled holds its site's stock until its bag is
    reserved (randomization/sealed/schema.py); later ones see the recall."""
    with (
        transaction(by=by, using=SEALED_DB_ALIAS),
        connections[SEALED_DB_ALIAS].cursor() as cursor,
    ):
        cursor.execute(
            "select pg_advisory_xact_lock(7114022, s.id::int)"
            " from (select id from public.access_site order by id) s"
        )


def _together(bag: Bag) -> tuple[int, int]:
    """Bags of one site and one participant move together: a hold keeps no others back."""
    return bag.site_id, bag.reserved_for_id or 0


# --- word to the sites --------------------------------------------------------------------------
def _tell(traced: Traced, by: Actor) -> tuple[list[Site], int]:
    """One notice per site with the numbers of its bags, whatever has become of them there."""
    out = (Disposition.RECALLED.value, Disposition.DESTROYED.value)
    bags = [bag for bag, lot in traced.bags if lot.disposition in out]
    told, unsent = [], 0
    for site, group in groupby(bags, key=lambda bag: bag.site):
        numbers = sorted(shown(bag.number) for bag in group)
        if _notice(site, numbers, by):
            told.append(site)
            unsent += not _mail(site, numbers)
    return told, unsent


def _notice(site: Site, numbers: Sequence[str], by: Actor) -> bool:
    """Put it before the investigators. Returns False where they have it already."""
    mark = hashlib.sha256(",".join(numbers).encode()).hexdigest()[:24]
    return raise_item(
        kind=KIND,
        cause=f"{KIND}:{site.code}:{mark}",
        site=site,
        role=Role.INVESTIGATOR,
        params={"bags": list(numbers)},
        by=by,
    )


def _mail(site: Site, numbers: Sequence[str]) -> bool:
    """The same by mail, to those who handle bags there. Returns False if it could not be sent:
    the notice in the inbox stands."""
    to = addresses(site)
    if not to:
        return True
    try:
        notice_mail(site, numbers, to).send()
    except OSError:
        logger.warning("the notice of a recall could not be mailed to site %s", site.code)
        return False
    return True


def addresses(site: Site) -> list[str]:
    """Of those who handle bags at the site, the mail addresses."""
    roles = [role for role in Role if Permission.PRODUCT_HANDLE in ROLES[role].permissions]
    held = Membership.objects.filter(
        site=site, role__in=roles, ended_at=None, user__is_active=True
    ).exclude(user__email="")
    return sorted(set(held.values_list("user__email", flat=True)))


def notice_mail(site: Site, numbers: Iterable[str], to: Sequence[str]) -> EmailMessage:
    """The notice as a mail: bag numbers, and what to do."""
    listed = "\n".join(f"  {number}" for number in numbers)
    return EmailMessage(
        subject=f"[{settings.STUDY_NAME}] Recall of bags, site {site.code} / 召回袋",
        body=(
            "These bags are recalled. Don't use them; put them apart and keep them.\n"
            "以下袋已被召回。请勿使用，单独隔离保存。\n\n"
            f"{listed}\n\n"
            "If one of them was infused, tell the investigator at once.\n"
            "如其中任何一袋已输注，请立即告知研究者。\n"
        ),
        to=list(to),
    )
