"""The page about data and API: what can be downloaded, how a program gets at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.datasets import DATASETS
from reports.form_datasets import name_of
from reports.form_records import NAMES
from reports.selectors import data as selectors
from trial.access.models import ApiToken, Site, User
from trial.access.roles import Permission
from trial.access.selectors import sites_of
from trial.audit.models import Event
from trial.protocol.casebook.forms import FORMS

TITLES: Mapping[str, tuple[str | Promise, str | Promise]] = {
    "participants": (
        gettext_lazy("Participants"),
        gettext_lazy("Code, sex, year of birth, status and the dates of taking part."),
    ),
    "visits": (
        gettext_lazy("Visits"),
        gettext_lazy("Planned and unscheduled, with window, state and completeness."),
    ),
    "lab-results": (
        gettext_lazy("Laboratory results"),
        gettext_lazy("Each value as entered and converted, with range, ×ULN and LOINC code."),
    ),
    "meld-scores": (
        gettext_lazy("MELD scores"),
        gettext_lazy("MELD, MELD-Na and MELD 3.0 of each panel, or why there is none."),
    ),
    "response-assessments": (
        gettext_lazy("Response and relapse"),
        gettext_lazy("The outcome of each rule for each participant, with its reason."),
    ),
    "lab-toxicity": (
        gettext_lazy("Laboratory toxicity"),
        gettext_lazy("CTCAE grade of each result with its multiples, or why there is none."),
    ),
    "steroid-exposure": (
        gettext_lazy("Steroid exposure"),
        gettext_lazy("Doses in terms of prednisolone, sums and azathioprine per kg at each visit."),
    ),
    "liver-signals": (
        gettext_lazy("Signals of the liver"),
        gettext_lazy("Candidates for Hy's law and levels, and how each is judged."),
    ),
    "randomisations": (
        gettext_lazy("Randomised participants"),
        gettext_lazy("Number, stratum and the values that were used; whether they still hold."),
    ),
    "bags": (
        gettext_lazy("Bags"),
        gettext_lazy("Where each bag is, for whom, and until when it can be used."),
    ),
    "infusions": (
        gettext_lazy("Infusions"),
        gettext_lazy("Dose ordered, prepared and given, start and end, reactions."),
    ),
    "infusion-vitals": (
        gettext_lazy("Vital signs of infusions"),
        gettext_lazy("Each measurement at its point of the plan."),
    ),
    "infusion-reactions": (
        gettext_lazy("Reactions to infusions"),
        gettext_lazy("Each reaction that was asked about, with onset and grade."),
    ),
    "histology-readings": (
        gettext_lazy("Central readings of biopsies"),
        gettext_lazy("What counts for each biopsy, or why nothing does, and each reader's scores."),
    ),
    "unblindings": (
        gettext_lazy("Unblindings"),
        gettext_lazy("Whose blind was broken, how and when; without any arm."),
    ),
    "signatures": (
        gettext_lazy("Signatures"),
        gettext_lazy("Who signed what, when and with which meaning, and whether it stands."),
    ),
    "verifications": (
        gettext_lazy("Source-data verification"),
        gettext_lazy("What was compared with the source, when, and whether it holds."),
    ),
    "queries": (
        gettext_lazy("Queries"),
        gettext_lazy("What was asked, in which state each query is and since when."),
    ),
    "sites": (gettext_lazy("Sites"), gettext_lazy("Hospitals and how far recruitment is.")),
    **{
        name_of(form): (
            NAMES[form.code],
            gettext_lazy("One row for each line, as entered.")
            if form.repeats
            else gettext_lazy("One row for each sheet, as entered."),
        )
        for form in FORMS
    },
}


@dataclass(frozen=True, slots=True)
class Download:
    """One dataset: its name, what is in it, and the addresses of its files."""

    title: str | Promise
    text: str | Promise
    columns: int
    csv: str
    excel: str
    ndjson: str


@dataclass(frozen=True, slots=True)
class Taken:
    """One export that was taken."""

    at: datetime
    title: str | Promise
    format: str
    filters: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Key:
    """One API token; `state` says whether it still opens anything."""

    prefix: str
    created_at: datetime
    expires_at: datetime
    state: str
    tone: str


def page(user: User, wanted: str, address: str) -> dict[str, Any]:
    """The page's context; `wanted` is a site's code, `address` the API's own."""
    sites = list(sites_of(user, Permission.DATA_EXPORT))
    site = next((one for one in sites if one.code == wanted), None)
    size, alone = selectors.smallest_group(user)
    return {
        "downloads": [_download(name, site) for name in DATASETS],
        "sites": sites,
        "site": site,
        "exports": [_taken(event) for event in selectors.exports_of(user)],
        "keys": [_key(token) for token in selectors.tokens_of(user)],
        "smallest": size,
        "alone": alone,
        "address": address,
        "username": user.username,
    }


def _download(name: str, site: Site | None) -> Download:
    title, text = TITLES[name]
    where = reverse(f"api:{name}-list")

    def link(**query: str) -> str:
        return f"{where}?{urlencode({**query, **({'site': site.code} if site else {})})}"

    return Download(
        title=title,
        text=text,
        columns=len(DATASETS[name].columns),
        csv=link(format="csv"),
        excel=link(format="csv", excel="1"),
        ndjson=link(format="ndjson"),
    )


def _taken(event: Event) -> Taken:
    details = event.details or {}
    name = details.get("dataset", "")
    return Taken(
        at=event.at,
        title=TITLES[name][0] if name in TITLES else name,
        format=details.get("format", ""),
        filters=", ".join(f"{k}={v}" for k, v in details.get("filters", {}).items()),
        rows=details.get("rows", 0),
        sha256=details.get("sha256", ""),
    )


def _key(token: ApiToken) -> Key:
    state, tone = _("valid"), "green"
    if token.revoked_at:
        state, tone = _("revoked"), "red"
    elif token.expires_at <= timezone.now():
        state, tone = _("expired"), "amber"
    return Key(token.prefix, token.created_at, token.expires_at, state, tone)
