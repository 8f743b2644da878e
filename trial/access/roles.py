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
    LAB_VIEW = "lab.view"
    LAB_ENTER = "lab.enter"
    LAB_IMPORT = "lab.import"
    LAB_RANGES = "lab.ranges"
    REPORT_VIEW = "report.view"
    DATA_EXPORT = "data.export"
    INBOX_ACT = "inbox.act"
    USER_VIEW = "user.view"
    QUERY_VIEW = "query.view"
    QUERY_RAISE = "query.raise"
    QUERY_ANSWER = "query.answer"
    QUERY_CLOSE = "query.close"
    SDV_VIEW = "sdv.view"
    SDV_PERFORM = "sdv.perform"
    SDV_PLAN = "sdv.plan"


class Role(StrEnum):
    """The nine kinds of user of the study."""

    COORDINATOR = "coordinator"
    INVESTIGATOR = "investigator"
    SPONSOR = "sponsor"
    MONITOR = "monitor"
    DATA_MANAGER = "datamanager"
    PHARMACIST = "pharmacist"
    SAFETY = "safety"
    STATISTICIAN = "statistician"
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
_ASK = frozenset({P.QUERY_VIEW, P.QUERY_RAISE, P.QUERY_CLOSE})
_READ = frozenset({P.PARTICIPANT_VIEW, P.LAB_VIEW, P.REPORT_VIEW})
_SITE_WORK = frozenset(
    {
        P.PARTICIPANT_SCREEN,
        P.PARTICIPANT_ENROL,
        P.VISIT_RECORD,
        P.LAB_ENTER,
        P.LAB_IMPORT,
        P.QUERY_VIEW,
        P.QUERY_ANSWER,
        P.SDV_VIEW,
    }
)

ROLES: dict[Role, RoleDefinition] = {
    Role.COORDINATOR: RoleDefinition(
        _("Site coordinator"),
        _("Screens and enrols participants of the site and enters their visits and labs."),
        site_bound=True,
        blinded=True,
        permissions=_READ | _SITE_WORK,
    ),
    Role.INVESTIGATOR: RoleDefinition(
        _("Investigator"),
        _("Reviews each participant's course at the site and judges relapses."),
        site_bound=True,
        blinded=True,
        permissions=_READ | _SITE_WORK | {P.INBOX_ACT},
    ),
    Role.SPONSOR: RoleDefinition(
        _("Sponsor"),
        _("Follows every site's progress and takes coded data, without any arm."),
        site_bound=False,
        blinded=True,
        permissions=_READ | {P.DATA_EXPORT, P.QUERY_VIEW, P.SDV_VIEW},
    ),
    Role.MONITOR: RoleDefinition(
        _("Monitor"),
        _("Compares what was entered with the source at the sites and raises queries."),
        site_bound=False,
        blinded=True,
        permissions=_READ | _ASK | {P.SDV_VIEW, P.SDV_PERFORM},
    ),
    Role.DATA_MANAGER: RoleDefinition(
        _("Data manager"),
        _("Keeps the laboratories' reference ranges and checks and exports the data."),
        site_bound=False,
        blinded=True,
        permissions=_READ | _ASK | {P.LAB_RANGES, P.DATA_EXPORT, P.SDV_VIEW, P.SDV_PLAN},
    ),
    Role.PHARMACIST: RoleDefinition(
        _("Pharmacist (unblinded)"),
        _("Prepares the product in the cell laboratory; sees participant codes, no results."),
        site_bound=True,
        blinded=False,
        permissions=frozenset({P.PARTICIPANT_VIEW}),
    ),
    Role.SAFETY: RoleDefinition(
        _("Safety officer"),
        _("Watches over side effects and their reporting clocks."),
        site_bound=False,
        blinded=True,
        permissions=_READ | {P.QUERY_VIEW},
    ),
    Role.STATISTICIAN: RoleDefinition(
        _("Statistician of the monitoring committee (unblinded)"),
        _("Reports to the data monitoring committee."),
        site_bound=False,
        blinded=False,
        permissions=_READ | {P.DATA_EXPORT},
    ),
    Role.ADMIN: RoleDefinition(
        _("Administrator"),
        _("Looks after users, sites and roles; has no rights on clinical data."),
        site_bound=False,
        blinded=True,
        permissions=frozenset({P.USER_VIEW}),
    ),
}
