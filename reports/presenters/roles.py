"""The role matrix, generated from the one table that every check uses."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trial.access.models import User
from trial.access.policy import powers
from trial.access.roles import ROLES, Permission

# Every right in words; a test fails for one that has none.
RIGHTS: Mapping[Permission, str | Promise] = {
    Permission.PARTICIPANT_VIEW: _("See participants and visits"),
    Permission.PARTICIPANT_SCREEN: _("Screen participants"),
    Permission.PARTICIPANT_ENROL: _("Enrol participants"),
    Permission.VISIT_RECORD: _("Record visits"),
    Permission.LAB_VIEW: _("See lab results and scores"),
    Permission.LAB_ENTER: _("Enter labs"),
    Permission.LAB_IMPORT: _("Import lab files"),
    Permission.LAB_RANGES: _("Keep reference ranges"),
    Permission.REPORT_VIEW: _("See reports and the casebook"),
    Permission.DATA_EXPORT: _("Export data"),
    Permission.INBOX_ACT: _("Work off the inbox"),
    Permission.USER_VIEW: _("See users, roles and sites"),
    Permission.QUERY_VIEW: _("See queries"),
    Permission.QUERY_RAISE: _("Raise queries"),
    Permission.QUERY_ANSWER: _("Answer queries"),
    Permission.QUERY_CLOSE: _("Close, reopen and assign queries"),
    Permission.SDV_VIEW: _("See what is verified"),
    Permission.SDV_PERFORM: _("Verify against the source"),
    Permission.SDV_PLAN: _("Plan the verification"),
}


def table(user: User) -> dict[str, Any]:
    """Roles as columns, rights as rows; `mine` marks the roles the user holds."""
    mine = {role for role, _site in powers(user)}
    columns = [(role, definition, role in mine) for role, definition in ROLES.items()]
    rows = [
        (permission, RIGHTS[permission], [permission in one.permissions for _r, one, _m in columns])
        for permission in Permission
    ]
    return {"columns": columns, "rows": rows}
