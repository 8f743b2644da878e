"""The page of the access review: its lines, its filter, what was reviewed before."""

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator

from patients.filters import site_name
from reports.forms import SiteFilter
from reports.people_forms import ReviewForm
from reports.presenters.access_lines import lines
from reports.presenters.people import PAGE
from reports.selectors import access_review as review
from reports.selectors import people
from trial.access.models import Site, User
from trial.access.policy import can
from trial.access.roles import Permission


def site_asked(query: Mapping[str, str]) -> tuple[SiteFilter, Site | None]:
    """The filter, and the site it names."""
    sites = list(people.sites())
    form = SiteFilter(sites, query)
    code = form.choice()["site"]
    return form, next((one for one in sites if one.code == code), None)


def page(query: Mapping[str, str], viewer: User, wrong: ReviewForm | None = None) -> dict[str, Any]:
    """The page of the access review."""
    form, site = site_asked(query)
    shown = Paginator(review.listed(site), PAGE).get_page(query.get("page"))
    count = review.standing(site).count()
    initial = {"site": site.code if site else "", "seen": count}
    return {
        "form": form,
        "site": site,
        "site_name": site_name(site) if site else "",
        "page": shown,
        "lines": lines(list(shown), site),
        "count": count,
        "review_form": _seen_anew(wrong, count) if wrong else ReviewForm(initial=initial),
        "reviews": list(review.reviews(site)[:10]),
        "shared": review.shared_accounts(),
        "may_review": bool(can(viewer, Permission.USER_MANAGE)),
    }


def _seen_anew(form: ReviewForm, count: int) -> ReviewForm:
    """A refused form for the list that is now shown: sent again, it speaks of this one."""
    form.data = {**{name: form.data.get(name) for name in form.fields}, "seen": count}
    return form
