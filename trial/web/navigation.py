"""The one list of what the menu offers; what a role may not do, it does not show."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trial.access import policy
from trial.access.roles import Permission
from trial.web.sealed import sealed_address

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Item:
    """One menu entry. Without a permission, every signed-in user sees it."""

    label: Text
    url_name: str
    icon: str
    permission: Permission | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Menu entries under a heading; the first section has none."""

    label: Text
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A menu entry as drawn for one request."""

    label: Text
    url: str
    icon: str
    active: bool


MENU: tuple[Section, ...] = (
    Section(
        "",
        (
            Item(_("Home"), "reports:home", "home"),
            Item(_("Inbox"), "reports:inbox", "inbox", Permission.INBOX_ACT),
            Item(_("Participants"), "visits:participants", "users", Permission.PARTICIPANT_VIEW),
            Item(_("Casebook"), "reports:matrix", "layout-grid", Permission.REPORT_VIEW),
            Item(_("Visits due"), "visits:due", "calendar-due", Permission.REPORT_VIEW),
            Item(_("Safety"), "safety:cases", "urgent", Permission.REPORT_VIEW),
            Item(_("Queries"), "reports:queries", "message-circle-question", Permission.QUERY_VIEW),
            Item(_("Deviations"), "reports:deviations", "alert-triangle", Permission.REPORT_VIEW),
            Item(_("To sign"), "reports:to_sign", "writing-sign", Permission.SIGN),
            Item(_("Verification"), "reports:verification", "checklist", Permission.SDV_PERFORM),
        ),
    ),
    Section(
        _("Product"),
        (
            Item(_("Stock"), "bags:stock", "package", Permission.PRODUCT_VIEW),
            Item(_("Scan a bag"), "bags:scan", "scan", Permission.PRODUCT_VIEW),
        ),
    ),
    Section(
        _("Laboratory"),
        (
            Item(_("Import results"), "labs:imports", "file-import", Permission.LAB_IMPORT),
            Item(_("Reference ranges"), "labs:ranges", "ruler-measure", Permission.LAB_RANGES),
            Item(_("Liver safety"), "liver:overview", "chart-dots", Permission.LAB_VIEW),
        ),
    ),
    Section(
        _("Biopsies"),
        (
            Item(_("To read"), "reading:work", "microscope", Permission.HISTOLOGY_READ),
            Item(_("Central reading"), "histology:desk", "microscope", Permission.HISTOLOGY_MANAGE),
        ),
    ),
    Section(
        _("Cell laboratory"),
        (
            Item(_("Lots"), "product:lots", "flask", Permission.SEALED_PRODUCT),
            Item(_("Donors"), "product:donors", "dna-2", Permission.SEALED_PRODUCT),
            Item(_("Shipments"), "product:shipments", "truck-delivery", Permission.SEALED_PRODUCT),
        ),
    ),
    Section(
        _("Study"),
        (
            Item(_("Dashboard"), "reports:dashboard", "chart-histogram", Permission.REPORT_VIEW),
            Item(
                _("Randomisation"),
                "randomization:overview",
                "arrows-shuffle",
                Permission.ALLOCATION_VIEW,
            ),
            Item(
                _("Randomisation lists"), "lists:overview", "list-numbers", Permission.SEALED_LIST
            ),
            Item(
                _("Verification plan"),
                "reports:verification_plan",
                "list-check",
                Permission.SDV_PLAN,
            ),
            Item(_("Freeze and lock"), "reports:holds", "lock", Permission.UNLOCK_APPROVE),
            Item(_("Data and API"), "api:docs", "database-export", Permission.DATA_EXPORT),
            Item(_("Snapshots"), "reports:snapshots", "camera", Permission.SNAPSHOT_VIEW),
            Item(_("Audit trail"), "reports:trail", "history", Permission.TRAIL_VIEW),
            Item(_("Accounts"), "reports:trail_accounts", "user-search", Permission.TRAIL_ACCOUNTS),
            Item(_("Redactions"), "reports:redactions", "eraser", Permission.REDACT),
            Item(
                _("Unblindings"),
                "randomization:unblindings",
                "eye-exclamation",
                Permission.UNBLIND_VIEW,
            ),
            Item(_("Sealed trail"), "unblinding:trail", "eye-search", Permission.SEALED_LIST),
            Item(_("Delegation log"), "people:logs", "writing-sign", Permission.DELEGATION_VIEW),
        ),
    ),
    Section(
        _("Administration"),
        (
            Item(_("Users"), "people:users", "users-group", Permission.USER_VIEW),
            Item(_("Role requests"), "people:grants", "user-shield", Permission.USER_APPROVE),
            Item(_("Sites"), "people:sites", "building-hospital", Permission.USER_VIEW),
            Item(_("Access review"), "people:review", "list-check", Permission.USER_VIEW),
            Item(
                _("Security alerts"), "security:alerts", "shield-exclamation", Permission.USER_VIEW
            ),
        ),
    ),
)


def _address(url_name: str) -> str:
    """The item's address, or "" where this deployment does not serve that page."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return sealed_address(url_name)


def _links(section: Section, user: policy.AnyUser) -> list[tuple[str, Item]]:
    allowed = (i for i in section.items if not i.permission or policy.can(user, i.permission))
    return [(address, item) for item in allowed if (address := _address(item.url_name))]


def _active(addresses: list[str], path: str) -> str:
    """The address that the current page lies under: the longest that is a prefix of its path."""
    under = [a for a in addresses if path == a or (a != "/" and path.startswith(a))]
    return max(under, key=len, default="")


def menu_for(user: policy.AnyUser, path: str) -> list[tuple[Text, list[Link]]]:
    """(heading, links) of each section in which `user` may open something, at page `path`."""
    sections = [(s.label, _links(s, user)) for s in MENU]
    here = _active([address for _label, links in sections for address, _item in links], path)
    return [
        (label, [Link(item.label, url, item.icon, url == here) for url, item in links])
        for label, links in sections
        if links
    ]
