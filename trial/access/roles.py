"""Roles and permissions as code: the one table an auditor reads, and every check uses."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Permission(StrEnum):
    """One right. Views, API endpoints and buttons name exactly one of these."""

    PARTICIPANT_VIEW = "participant.view"
    PARTICIPANT_SCREEN = "participant.screen"
    PARTICIPANT_ENROL = "participant.enrol"
    VISIT_RECORD = "visit.record"
    RANDOMISE = "participant.randomise"
    PRODUCT_VIEW = "product.view"
    PRODUCT_HANDLE = "product.handle"
    ALLOCATION_VIEW = "allocation.view"  # how far randomisation has come; no arm in it
    SAFETY_ASSESS = "safety.assess"  # the sponsor's judgement of an adverse event
    SIGNAL_JUDGE = "signal.judge"  # the investigator's judgement of a signal of the liver
    HISTOLOGY_READ = "histology.read"  # specimens that were assigned to oneself; nothing else
    HISTOLOGY_MANAGE = "histology.manage"  # slides, readers, what two readers differ on
    UNBLIND = "unblinding.request"
    UNBLIND_VIEW = "unblinding.view"  # that somebody was unblinded, and why; no arm in it
    UNBLIND_STUDY = "unblinding.study"
    SEALED_LIST = "sealed.list"
    SEALED_PRODUCT = "sealed.product"
    LAB_VIEW = "lab.view"
    LAB_ENTER = "lab.enter"
    LAB_IMPORT = "lab.import"
    LAB_RANGES = "lab.ranges"
    REPORT_VIEW = "report.view"
    DATA_EXPORT = "data.export"
    INBOX_ACT = "inbox.act"
    QUERY_VIEW = "query.view"
    QUERY_RAISE = "query.raise"
    QUERY_ANSWER = "query.answer"
    QUERY_CLOSE = "query.close"
    SDV_PERFORM = "sdv.perform"
    SDV_PLAN = "sdv.plan"
    SIGN = "sign"
    FREEZE = "freeze"
    LOCK = "lock"
    UNLOCK_APPROVE = "unlock.approve"
    USER_VIEW = "user.view"
    USER_MANAGE = "user.manage"
    USER_APPROVE = "user.approve"
    SITE_MANAGE = "site.manage"
    DELEGATION_VIEW = "delegation.view"
    DELEGATE = "delegation.delegate"
    REDACT = "record.redact"
    SNAPSHOT_VIEW = "snapshot.view"
    SNAPSHOT_TAKE = "snapshot.take"
    TRAIL_VIEW = "trail.view"
    TRAIL_TEXT = "trail.text"  # reasons, comments, notes: text that may name somebody
    TRAIL_REVIEW = "trail.review"
    TRAIL_ACCOUNTS = "trail.accounts"


class Role(StrEnum):
    """The ten kinds of user of the study."""

    COORDINATOR = "coordinator"
    INVESTIGATOR = "investigator"
    SPONSOR = "sponsor"
    MONITOR = "monitor"
    DATA_MANAGER = "datamanager"
    PHARMACIST = "pharmacist"
    SAFETY = "safety"
    STATISTICIAN = "statistician"
    READER = "reader"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """What a role is for, whether it is bound to a site, and what it may do."""

    name: str | Promise
    purpose: str | Promise
    site_bound: bool
    blinded: bool
    permissions: frozenset[Permission]


P = Permission
_READ = frozenset(
    {P.PARTICIPANT_VIEW, P.LAB_VIEW, P.REPORT_VIEW, P.DELEGATION_VIEW, P.PRODUCT_VIEW}
)
_SITE_WORK = frozenset(
    {P.PARTICIPANT_SCREEN, P.PARTICIPANT_ENROL, P.VISIT_RECORD, P.LAB_ENTER, P.LAB_IMPORT}
) | {P.QUERY_VIEW, P.QUERY_ANSWER, P.PRODUCT_HANDLE}
_TRAIL = frozenset({P.TRAIL_VIEW, P.TRAIL_TEXT})
_ASKS = frozenset({P.QUERY_VIEW, P.QUERY_RAISE, P.QUERY_CLOSE})

ROLES: dict[Role, RoleDefinition] = {
    Role.COORDINATOR: RoleDefinition(
        _("Site coordinator"),
        _("Screens and enrols participants of the site and enters their visits and labs."),
        site_bound=True,
        blinded=True,
        permissions=_READ | _SITE_WORK | _TRAIL,
    ),
    Role.INVESTIGATOR: RoleDefinition(
        _("Investigator"),
        _("Reviews each participant's course at the site, judges relapses and signs the casebook."),
        site_bound=True,
        blinded=True,
        permissions=_READ
        | _SITE_WORK
        | _TRAIL
        | {P.INBOX_ACT, P.SIGN, P.DELEGATE, P.RANDOMISE, P.ALLOCATION_VIEW}
        | {P.UNBLIND, P.UNBLIND_VIEW}
        | {P.SIGNAL_JUDGE},
    ),
    Role.SPONSOR: RoleDefinition(
        _("Sponsor"),
        _("Follows every site's progress and takes coded data, without any arm."),
        site_bound=False,
        blinded=True,
        permissions=_READ
        | {P.DATA_EXPORT, P.UNLOCK_APPROVE, P.SNAPSHOT_VIEW, P.TRAIL_VIEW, P.QUERY_VIEW}
        | {P.INBOX_ACT, P.ALLOCATION_VIEW, P.UNBLIND_VIEW},
    ),
    Role.MONITOR: RoleDefinition(
        _("Monitor"),
        _("Compares what was entered with the source at the sites."),
        site_bound=False,
        blinded=True,
        permissions=_READ | _TRAIL | _ASKS | {P.TRAIL_REVIEW, P.SDV_PERFORM, P.ALLOCATION_VIEW},
    ),
    Role.DATA_MANAGER: RoleDefinition(
        _("Data manager"),
        _("Keeps the reference ranges, checks and exports the data, freezes and locks them."),
        site_bound=False,
        blinded=True,
        permissions=_READ
        | _TRAIL
        | _ASKS
        | {P.LAB_RANGES, P.DATA_EXPORT, P.REDACT, P.HISTOLOGY_MANAGE}
        | {P.FREEZE, P.LOCK, P.UNLOCK_APPROVE, P.USER_APPROVE}
        | {P.ALLOCATION_VIEW, P.UNBLIND_VIEW, P.UNBLIND_STUDY}
        | {P.SNAPSHOT_VIEW, P.SNAPSHOT_TAKE, P.TRAIL_REVIEW, P.TRAIL_ACCOUNTS, P.SDV_PLAN},
    ),
    Role.PHARMACIST: RoleDefinition(
        _("Pharmacist (unblinded)"),
        _("Prepares the product in the cell laboratory; sees participant codes, no results."),
        site_bound=True,
        blinded=False,
        permissions=frozenset(
            {P.PARTICIPANT_VIEW, P.DELEGATION_VIEW, P.PRODUCT_VIEW, P.SEALED_PRODUCT}
        ),
    ),
    Role.SAFETY: RoleDefinition(
        _("Safety officer"),
        _("Watches over side effects and their reporting clocks."),
        site_bound=False,
        blinded=True,
        permissions=_READ | _TRAIL | {P.INBOX_ACT, P.QUERY_VIEW, P.UNBLIND_VIEW, P.SAFETY_ASSESS},
    ),
    Role.STATISTICIAN: RoleDefinition(
        _("Statistician of the monitoring committee (unblinded)"),
        _("Reports to the data monitoring committee."),
        site_bound=False,
        blinded=False,
        permissions=_READ
        | {P.DATA_EXPORT, P.SNAPSHOT_VIEW, P.ALLOCATION_VIEW}
        | {P.UNBLIND_VIEW, P.UNBLIND_STUDY, P.SEALED_LIST},
    ),
    Role.READER: RoleDefinition(
        _("Central reader of biopsies"),
        _(
            "Reads biopsies under names drawn at random: whose they are and when they were taken "
            "stays unknown."
        ),
        site_bound=False,
        blinded=True,
        permissions=frozenset({P.HISTOLOGY_READ}),
    ),
    Role.ADMIN: RoleDefinition(
        _("Administrator"),
        _("Looks after users, sites and roles; has no rights on clinical data."),
        site_bound=False,
        blinded=True,
        permissions=frozenset(
            {P.USER_VIEW, P.USER_MANAGE, P.USER_APPROVE, P.SITE_MANAGE}
            | {P.DELEGATION_VIEW, P.TRAIL_ACCOUNTS}
        ),
    ),
}


def needs_second_person(role: Role) -> bool:
    """Whether giving `role` takes two people: it unblinds, or it gives power over others (R-33)."""
    return role == Role.ADMIN or not ROLES[role].blinded
