"""The home page of each role: what is due, what is wrong. One function per section."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labs.wording import reason_text
from patients.consents import to_consent_anew
from patients.models import Participant, Status
from reports.links import Links
from reports.presenters.asked import lines, with_site
from reports.presenters.inbox import waiting
from reports.presenters.units import unit_text
from reports.selectors import attention, people, signing, visits
from reports.selectors.asked import with_words
from reports.selectors.listed import first, first_in_two
from reports.selectors.sites import SiteSummary, summaries
from reports.selectors.visits import Work
from reports.states import State, VisitRow
from safety.models import SafetyCase
from safety.selectors.cases import counts_of
from trial.access.models import User
from trial.access.policy import main_role
from trial.access.roles import Role
from trial.quality.models import Query
from trial.quality.selectors import verification
from trial.quality.selectors.asked import to_answer, to_look_at
from visits.selectors.specimens import left_of, next_of

Context = dict[str, Any]
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Stat:
    """A number at the top of the page."""

    label: str | Promise
    value: object
    hint: str | Promise = ""
    icon: str = ""
    tone: str = "grey"
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """One role's page: who adds what to the context, the wide sections, then those in columns."""

    lead: str | Promise
    sources: tuple[Callable[[User], Context], ...]
    wide: tuple[str, ...] = ()
    columns: tuple[tuple[str, ...], ...] = ()


def _work(user: User) -> Context:
    """Visits overdue, due and soon due, and held ones whose labs are not complete."""
    links, counts = Links(user), visits.work(user)
    urgent = visits.in_state(user, [State.OVERDUE, State.TO_DO])[:SHOWN]
    unfinished = visits.in_state(user, [State.NEEDS_LABS, State.INCOMPLETE])
    return {
        "work": counts,
        "urgent": _linked(links, visits.rows(urgent)),
        "unfinished": _linked(links, visits.rows(unfinished.order_by("held_on", "id")[:SHOWN])),
        "soon": _linked(links, visits.rows(visits.soon(user)[:SHOWN])),
        "stats": _work_stats(counts),
    }


def _linked(links: Links, rows: list[VisitRow]) -> list[tuple[VisitRow, str]]:
    return [(row, links.visit(row)) for row in rows]


def _work_stats(counts: Work) -> list[Stat]:
    late = "amber" if counts.overdue else "green"
    open_panels = counts.needs_labs + counts.incomplete
    return [
        Stat(_("Overdue"), counts.overdue, _("window closed"), "clock-exclamation", late, "urgent"),
        Stat(_("Due now"), counts.due, _("window open"), "calendar-due", "blue", "urgent"),
        Stat(_("Next 7 days"), counts.soon, _("window opens"), "calendar", "grey", "soon"),
        Stat(
            _("Labs to finish"), open_panels,
            _("%(count)s without any value") % {"count": counts.needs_labs},
            "test-pipe", "amber" if open_panels else "green", "unfinished",
        ),
    ]  # fmt: skip


def _pending(user: User) -> Context:
    return {"pending": first(attention.pending_series(user), SHOWN)}


def _inbox(user: User) -> Context:
    return {"inbox": waiting(user, SHOWN)}


def _to_sign(user: User) -> Context:
    """Visits that are complete and casebooks that are closed, without a standing signature."""
    ready = signing.complete(signing.visits_to_sign(user)).select_related("participant")
    found = first(ready, SHOWN)
    return {"to_sign": found, "casebooks_to_sign": signing.casebooks_to_sign(user).count()}


def _to_verify(user: User) -> Context:
    """What the plan still asks for, what was changed since it was verified first."""
    lines, total = verification.work(user, verification.Choice(), offset=0, limit=SHOWN)
    return {"to_verify": lines, "to_verify_more": total - len(lines)}


def _to_answer(user: User) -> Context:
    """Queries that wait for the site."""
    return _asked(to_answer(user))


def _to_look_at(user: User) -> Context:
    """Answers that wait for whoever asked."""
    return _asked(to_look_at(user))


def _asked(rows: QuerySet[Query]) -> Context:
    found = first(with_site(with_words(rows)), SHOWN)
    return {"asked": found, "asked_lines": lines(found.rows)}


def _reconsent(user: User) -> Context:
    """Participants who have signed an older consent form than the one in force."""
    return {"reconsent": first(to_consent_anew(user), SHOWN)}


def _relapses(user: User) -> Context:
    found = first(attention.relapses(user), SHOWN)
    lines = [(row, reason_text(row.reason_code, row.reason_params)) for row in found.rows]
    return {"relapses": found, "relapse_lines": lines}


def _sites(user: User) -> Context:
    found = summaries(user)
    return {"sites": found, "stats": site_stats(found)}


def site_stats(sites: Sequence[SiteSummary]) -> list[Stat]:
    """Enrolled, sites, overdue visits and complete panels, of these sites together."""
    enrolled = sum(site.people.enrolled for site in sites)
    planned = sum(site.site.planned_participants for site in sites)
    overdue = sum(site.overdue for site in sites)
    late = "amber" if overdue else "green"
    complete, wanted = sum(s.complete for s in sites), sum(s.wanted for s in sites)
    share = f"{100 * complete // wanted} %" if wanted else "–"
    return [
        Stat(_("Enrolled"), enrolled, _("of %(count)s planned") % {"count": planned}, "users"),
        Stat(_("Sites"), len(sites), "", "building-hospital"),
        Stat(_("Overdue visits"), overdue, "", "clock-exclamation", late),
        Stat(
            _("Complete panels"), share,
            _("%(part)s of %(whole)s due") % {"part": complete, "whole": wanted},
            "circle-check", "green",
        ),
    ]  # fmt: skip


def _changes(user: User) -> Context:
    return {"changes": list(attention.recent_panels(user)[:SHOWN])}


def _quality(user: User) -> Context:
    counts = visits.work(user)
    unfinished = visits.in_state(user, [State.NEEDS_LABS, State.INCOMPLETE])
    rows = visits.rows(unfinished.order_by("held_on", "id")[:SHOWN])
    soft = first(attention.soft_confirmed(user), SHOWN)
    samples = first(attention.unusable_samples(user), SHOWN)
    gaps = list(attention.laboratories_with_gaps(user))
    return {
        "work": counts,
        "unfinished": _linked(Links(user), rows),
        "soft": soft,
        "soft_lines": [(row, unit_text(row.analyte, row.unit)) for row in soft.rows],
        "samples": samples,
        "gaps": gaps,
        "stats": _quality_stats(counts, soft.total, samples.total, len(gaps)),
    }


def _quality_stats(counts: Work, soft: int, samples: int, gaps: int) -> list[Stat]:
    open_panels = counts.needs_labs + counts.incomplete
    return [
        Stat(_("Incomplete panels"), open_panels, "", "test-pipe", "amber", "unfinished"),
        Stat(_("Confirmed unusual values"), soft, "", "message-2", "blue", "soft"),
        Stat(_("Unusable samples"), samples, "", "droplet-off", "grey", "samples"),
        Stat(_("Laboratories with gaps"), gaps, "", "ruler-measure", "amber", "gaps"),
    ]


def _scores(user: User) -> Context:
    return {"scores": first_in_two(attention.high_or_rising(user), SHOWN)}


def _counts(user: User) -> Context:
    """How many participants stand where; all that some roles may see."""
    rows = Participant.objects.visible_to(user).order_by().values("status")
    found = dict(rows.annotate(n=Count("pk")).values_list("status", "n"))
    look = {Status.ENROLLED: ("users", "green"), Status.SCREENING: ("user-search", "blue")}
    return {
        "stats": [
            Stat(status.label, found.get(status.value, 0), "", *look.get(status, ("user", "grey")))
            for status in Status
        ]
    }


def _accounts(user: User) -> Context:
    return {"accounts": people.accounts()[:SHOWN], "account_sites": people.sites()[:SHOWN]}


def _specimens(user: User) -> Context:
    return {"specimens": left_of(user), "specimen": next_of(user)}


def _grants(user: User) -> Context:
    return {"grants": first(people.waiting_grants(), SHOWN)}


def _cases(user: User) -> Context:
    """How many safety cases are overdue, due, or wait for a receipt to be confirmed."""
    found = counts_of(SafetyCase.objects.visible_to(user), timezone.now())
    late = "red" if found["overdue"] else "green"
    return {
        "stats": [
            Stat(_("Safety reports overdue"), found["overdue"], icon="alert-circle", tone=late),
            Stat(_("Safety reports due"), found["due"], icon="clock", tone="blue"),
            Stat(_("Receipts to confirm"), found["sent"], icon="hourglass", tone="blue"),
        ]
    }


_SITE_WORK = (("urgent", "soon", "pending"), ("toanswer", "reconsent", "unfinished"))
PAGES: Mapping[Role, Home] = {
    Role.COORDINATOR: Home(
        gettext_lazy("What is due at your site, and what is not finished."),
        sources=(_work, _pending, _to_answer, _reconsent),
        columns=_SITE_WORK,
    ),
    Role.INVESTIGATOR: Home(
        gettext_lazy("What needs your judgement, then what is due."),
        sources=(_work, _pending, _inbox, _to_sign, _to_answer, _reconsent),
        wide=("inbox",),
        columns=(
            ("urgent", "soon", "pending"),
            ("toanswer", "tosign", "reconsent", "unfinished"),
        ),
    ),
    Role.SPONSOR: Home(
        gettext_lazy("How the study goes at every site."),
        sources=(_sites, _pending, _changes, _inbox),
        wide=("inbox", "sites", "changes"),
        columns=(("pending",), ("data",)),
    ),
    Role.MONITOR: Home(
        gettext_lazy("What was entered at each site, and what is still expected."),
        sources=(_sites, _pending, _changes, _to_verify, _to_look_at, _reconsent),
        wide=("tolookat", "entered", "verify", "reconsent", "changes", "pending"),
    ),
    Role.DATA_MANAGER: Home(
        gettext_lazy("What in the data deserves a second look."),
        sources=(_quality, _pending, _grants, _to_look_at),
        wide=("grants",),
        columns=(("tolookat", "unfinished", "pending"), ("soft", "samples", "gaps")),
    ),
    Role.SAFETY: Home(
        gettext_lazy("Relapses, and scores that are high or rising."),
        sources=(_cases, _relapses, _scores, _pending, _inbox),
        wide=("inbox",),
        columns=(("relapses",), ("scores", "pending")),
    ),
    Role.STATISTICIAN: Home(
        gettext_lazy("The study in numbers."),
        sources=(_sites, _pending),
        wide=("sites",),
        columns=(("pending",), ("data",)),
    ),
    Role.READER: Home(
        gettext_lazy("The specimens that were given to you. Nothing else is shown to your role."),
        sources=(_specimens,),
        wide=("specimens",),
    ),
    Role.PHARMACIST: Home(
        gettext_lazy("The participants of your site. Results are not shown to your role."),
        sources=(_counts,),
        wide=("participants",),
    ),
    Role.ADMIN: Home(
        gettext_lazy("Users, roles and sites. Clinical data are not shown to your role."),
        sources=(_accounts, _grants),
        wide=("grants", "accounts"),
    ),
}
_NOBODY = Home("", sources=(), wide=("norole",))


def page(user: User) -> Context:
    """The context of the user's home page, chosen by the first role granted."""
    role = main_role(user)
    home = PAGES[role] if role else _NOBODY
    context: Context = {"home": home, "stats": []}
    for source in home.sources:
        context |= source(user)
    return context
