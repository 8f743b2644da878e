"""The role matrix, generated from the one table that every check uses."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trial.access.models import User
from trial.access.policy import powers
from trial.access.roles import ROLES, Permission, needs_second_person

# Every right in words; a test fails for one that has none.
RIGHTS: Mapping[Permission, str | Promise] = {
    Permission.PARTICIPANT_VIEW: _("See participants and visits"),
    Permission.PARTICIPANT_SCREEN: _("Screen participants"),
    Permission.PARTICIPANT_ENROL: _("Enrol participants"),
    Permission.VISIT_RECORD: _("Record visits"),
    Permission.RANDOMISE: _("Randomise participants"),
    Permission.SAFETY_ASSESS: _("Judge adverse events for the sponsor"),
    Permission.PRODUCT_VIEW: _("See bags and their way"),
    Permission.PRODUCT_HANDLE: _("Receive, issue and give bags"),
    Permission.ALLOCATION_VIEW: _("See how far randomisation has come"),
    Permission.SIGNAL_JUDGE: _("Judge signals of the liver"),
    Permission.UNBLIND: _("Unblind a participant in an emergency"),
    Permission.UNBLIND_VIEW: _("See who was unblinded and why, without the arm"),
    Permission.UNBLIND_STUDY: _("Unblind the study at its end, two agreeing"),
    Permission.SEALED_LIST: _("Make randomisation lists and read what is sealed"),
    Permission.SEALED_PRODUCT: _("Work with lots and the contents of bags"),
    Permission.LAB_VIEW: _("See lab results and scores"),
    Permission.LAB_ENTER: _("Enter labs"),
    Permission.LAB_IMPORT: _("Import lab files"),
    Permission.LAB_RANGES: _("Keep reference ranges"),
    Permission.REPORT_VIEW: _("See reports and the casebook"),
    Permission.HISTOLOGY_READ: _("Read biopsies that were assigned, under their codes"),
    Permission.HISTOLOGY_MANAGE: _("Manage the central reading of biopsies"),
    Permission.QUERY_VIEW: _("See queries"),
    Permission.QUERY_RAISE: _("Raise and reopen queries"),
    Permission.QUERY_ANSWER: _("Answer queries"),
    Permission.QUERY_CLOSE: _("Close and assign queries"),
    Permission.DATA_EXPORT: _("Export data"),
    Permission.INBOX_ACT: _("Work off the inbox"),
    Permission.SDV_PERFORM: _("Verify against the source"),
    Permission.SDV_PLAN: _("Plan how much is verified against the source"),
    Permission.SIGN: _("Sign visits and casebooks"),
    Permission.FREEZE: _("Freeze, and release a freeze"),
    Permission.LOCK: _("Lock, and ask for a lock to be released"),
    Permission.UNLOCK_APPROVE: _("Agree that a lock somebody else asked about is released"),
    Permission.USER_VIEW: _("See users, roles and sites"),
    Permission.USER_MANAGE: _("Make, change and close accounts; give and end roles"),
    Permission.USER_APPROVE: _("Agree, as the second person, to roles that need one"),
    Permission.SITE_MANAGE: _("Set up sites and their protocol versions"),
    Permission.DELEGATION_VIEW: _("See the delegation log"),
    Permission.DELEGATE: _("Delegate duties at the site"),
    Permission.SNAPSHOT_VIEW: _("See and compare snapshots"),
    Permission.SNAPSHOT_TAKE: _("Take snapshots"),
    Permission.TRAIL_VIEW: _("Read the audit trail"),
    Permission.TRAIL_TEXT: _("Read reasons and comments in it"),
    Permission.TRAIL_REVIEW: _("Record reviews of the audit trail"),
    Permission.TRAIL_ACCOUNTS: _("Read users' accounts in the audit trail"),
    Permission.REDACT: _("Have texts that name a person taken out, two agreeing"),
}


def table(user: User) -> dict[str, Any]:
    """Roles as columns, rights as rows; `mine` marks the roles the user holds."""
    mine = {role for role, _site in powers(user)}
    columns = [(role, definition, role in mine) for role, definition in ROLES.items()]
    rows = [
        (permission, RIGHTS[permission], [permission in one.permissions for _r, one, _m in columns])
        for permission in Permission
    ]
    second = {role for role in ROLES if needs_second_person(role)}
    return {"columns": columns, "rows": rows, "second": second}
