"""What the frame around every page shows: menu, user, sites, language, theme."""

from datetime import date
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext

from trial.access import policy
from trial.access.models import Site, User
from trial.access.roles import ROLES
from trial.web.navigation import Link, menu_for

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "theme"


class Shell:
    """The frame of one request. Everything is read when a template first asks for it.

    Costs at most two statements: the user's roles, and their sites.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.study = settings.STUDY_NAME
        self.demo = settings.DEMO
        self.version = settings.VERSION
        self.idle_seconds = settings.SESSION_COOKIE_AGE
        self.themes = THEMES

    @cached_property
    def user(self) -> User | None:
        """The signed-in user; None before sign-in and where no session could be read."""
        user = getattr(self._request, "user", None)
        return user if isinstance(user, User) else None

    @property
    def layout(self) -> str:
        """The template an error page extends: with the menu for those who have one."""
        return "base.html" if self.user else "base_plain.html"

    @property
    def theme(self) -> str:
        """ "light", "dark", or "auto" (what the operating system says)."""
        chosen = self._request.COOKIES.get(THEME_COOKIE, "auto")
        return chosen if chosen in THEMES else "auto"

    @property
    def path(self) -> str:
        """Where the language and theme switches come back to."""
        return self._request.get_full_path() if self._request.method == "GET" else "/"

    @cached_property
    def navigation(self) -> list[tuple[str | Promise, list[Link]]]:
        """The menu: (heading, links) of each section."""
        return menu_for(self.user, self._request.path) if self.user else []

    @cached_property
    def role(self) -> str:
        """The user's main role in words; empty without one."""
        role = policy.main_role(self.user) if self.user else None
        return str(ROLES[role].name) if role else ""

    @cached_property
    def sites(self) -> list[Site]:
        """The sites of a site-bound user; empty for one who works across all sites."""
        return policy.own_sites(self.user) if self.user else []

    @cached_property
    def scope(self) -> str:
        """Whose data the user sees, in words: "Site 01 Beijing", "2 sites", "All sites"."""
        if not self.user or not policy.powers(self.user):
            return ""
        if not self.sites:
            return gettext("All sites")
        if len(self.sites) > 1:
            count = len(self.sites)
            return ngettext("%(count)s site", "%(count)s sites", count) % {"count": count}
        site = self.sites[0]
        chinese = str(get_language()).startswith("zh") and site.name_zh
        return gettext("Site %(code)s · %(name)s") % {
            "code": site.code,
            "name": site.name_zh if chinese else site.name,
        }

    @property
    def today(self) -> date:
        """Today at the user's (first) site, for the date fields' "today" button."""
        zone = self.sites[0].timezone if self.sites else timezone.get_current_timezone_name()
        return timezone.localdate(timezone=ZoneInfo(zone))


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell` in every template."""
    return {"shell": Shell(request)}
