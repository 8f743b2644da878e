"""The filter of the overview: one site, or all that the user sees."""

from collections.abc import Iterable
from typing import Any

from django import forms

from patients.filters import site_choice
from trial.access.models import Site


class SiteFilter(forms.Form):
    """Offers the sites given."""

    def __init__(self, sites: Iterable[Site], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["site"] = site_choice(sites)

    def chosen(self) -> Site | None:
        """The site; None for all, and for one that is not offered."""
        site: Site | None = self.cleaned_data.get("site") if self.is_valid() else None
        return site
