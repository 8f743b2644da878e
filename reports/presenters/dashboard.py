"""The dashboard's context: the study, or one site of it, in figures."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from labs.assessment import OUTCOMES
from labs.wording import reason_text
from randomization.models import Unblinding
from reports import dashboard_charts as charts
from reports.forms import SiteFilter
from reports.presenters.home import Stat, site_stats
from reports.selectors import attention
from reports.selectors.failures import failures
from reports.selectors.listed import first
from reports.selectors.outcomes import AFTER_RESPONSE, meld_counts, outcomes
from reports.selectors.sites import percent, summaries
from trial.access.models import User
from trial.access.policy import can
from trial.access.roles import Permission

ENDPOINT, MONTH6 = "TRIAL-REL", "RESPONSE_M6"
SHOWN = 8


def page(user: User, query: Mapping[str, str]) -> dict[str, Any]:
    """All sites the user may see, or the one of `?site=`."""
    every = summaries(user)
    form = SiteFilter([one.site for one in every], query)
    chosen = form.choice()["site"]
    sites = [one for one in every if chosen in ("", one.site.code)]
    ids = [one.site.pk for one in sites]
    found = outcomes(user, ids, (ENDPOINT, MONTH6))
    return {
        "form": form,
        "active": int(bool(chosen)),
        "stats": [*site_stats(sites), *_unblinded(user, ids)],
        "recruitment": [charts.recruitment(sites, timezone.localdate()), charts.by_site(sites)],
        "visits": [charts.visits(sites), charts.completeness(sites)],
        "course": [
            *(charts.outcomes(rule, found[rule], OUTCOMES[rule]) for rule in (MONTH6, ENDPOINT)),
            charts.meld(meld_counts(user, ids)),
        ],
        "pending": first(attention.pending_series(user).filter(participant__site__in=ids), SHOWN),
        "failures": failures(user, ids),
        **_relapses(user, ids, found[ENDPOINT]),
    }


def _unblinded(user: User, ids: list[int]) -> list[Stat]:
    """How often an arm became known, for those who may know that it did (R-47)."""
    if not can(user, Permission.UNBLIND_VIEW):
        return []
    rows = Unblinding.objects.visible_to(user).filter(participant__site__in=ids)
    label, hint = _("Unblindings"), _("emergency and inadvertent")
    return [Stat(label, rows.count(), hint, "eye-exclamation")]


def _relapses(user: User, ids: list[int], counts: Counter[str]) -> dict[str, Any]:
    rows = first(attention.relapses(user).filter(participant__site__in=ids), SHOWN)
    responded = sum(counts[outcome] for outcome in AFTER_RESPONSE)
    return {
        "relapses": rows,
        "relapse_lines": [
            (row, reason_text(row.reason_code, row.reason_params)) for row in rows.rows
        ],
        "responded": responded,
        "relapse_count": counts[attention.RELAPSE],
        "relapse_percent": percent(counts[attention.RELAPSE], responded),
    }
