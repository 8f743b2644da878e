"""The scripted trial: the same acts of the same people in every world, through the public doors.

Ten participants at two sites go from screening to their first infusion visit; every second one is
randomised over REST. Three are infused and react, one is unblinded. Then what follows in a trial: a
query and its answer, a correction, signature, verification, freeze, snapshot; and a randomisation
that is refused because there is no product.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.forms import BaseForm
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from labs.models import Result
from labs.services import evaluation
from patients.models import Participant
from tests.blinding.observing import Observer
from tests.factories import study
from tests.integration.attacks.html import Form, Page
from tests.integration.patients.pages import ELIGIBLE
from trial.quality.models import Query
from visits.models import Bag

# (site, disease status), in the order in which they are randomised.
PEOPLE = (
    ("01", "naive"), ("01", "relapsed"), ("02", "naive"), ("01", "naive"), ("02", "relapsed"),
    ("01", "insufficient"), ("02", "naive"), ("01", "naive"), ("02", "insufficient"),
    ("01", "naive"),
)  # fmt: skip
# Site 02 is then out of one of the two products, and this one is refused, whatever the arm.
REFUSED = ("02", "naive")
GROUP_OF = {"naive": "naive", "relapsed": "treated", "insufficient": "treated"}
LABS = {"ALT": "62", "AST": "48", "IGG": "17.2", "BILI": "18.5", "CREAT": "70", "INR": "1.05",
        "SODIUM": "139", "ALB": "41", "GLOBG": "14"}  # fmt: skip


def takers(site: str) -> list[str]:
    """The strata of those who are randomised at a site, in their order."""
    return [stratum(where, status) for where, status in PEOPLE if where == site]


def stratum(site: str, status: str) -> str:
    return f"{site}-{GROUP_OF[status]}"


class ScriptError(AssertionError):
    """An act of the script was not done: the proof would compare less than it says."""


@dataclass
class Desk:
    """Everybody's browser, signed in; sends what their forms hold."""

    cast: study.Cast
    observer: Observer
    later: Callable[[int], None]  # sets the database's clock on
    clients: dict[str, Client] = field(default_factory=dict)

    def client(self, who: str) -> Client:
        if who not in self.clients:
            self.clients[who] = Client(raise_request_exception=False)
            typed = {"login": who, "password": study.PASSWORD}
            answer = self._send(who, "account_login", "POST", reverse("account_login"), typed)
            if answer.status_code != 302:
                raise ScriptError(f"{who} can't sign in: {answer.status_code} {said(answer)}")
        return self.clients[who]

    def days(self, number: int) -> None:
        """Some days later; everybody has to sign in again."""
        self.observer.still.days(number)
        self.later(number)
        self.clients.clear()

    def _send(
        self, who: str, name: str, method: str, address: str, data: Any = None, **options: Any
    ) -> Any:
        client = self.clients[who]
        return self.observer.request(client, who, name, method, address, data, **options)

    def get(self, who: str, name: str, *args: object, query: str = "", **options: Any) -> Any:
        self.client(who)
        return self._send(who, name, "GET", reverse(name, args=args) + query, **options)

    def form(self, page: Any, address: str) -> Form:
        """The form of a page that is sent to this address."""
        forms = Page(page.read.decode(), address).forms
        found = [one for one in forms if one.method == "post" and one.action == address]
        if not found:
            where = page.headers.get("Location", "")
            raise ScriptError(f"no form to {address}: status {page.status_code} {where}")
        return found[0]

    def fill(
        self,
        who: str,
        name: str,
        args: tuple[object, ...],
        typed: Mapping[str, str] | Callable[[Form], Mapping[str, str]],
        *,
        on: tuple[str, tuple[object, ...]] | None = None,
        query: str = "",
        expect: tuple[int, ...] = (302,),
        **options: Any,
    ) -> Any:
        """Open the page (`on`, or that of `name` itself), fill in its form, and send it."""
        where, its_args = on or (name, args)
        address = reverse(name, args=args)
        page = self.get(who, where, *its_args, query=query)
        form = self.form(page, address)
        data = completed(form, typed(form) if callable(typed) else typed)
        answer = self._send(who, name, "POST", address + query, data, **options)
        if answer.status_code not in expect:
            raise ScriptError(f"{who} at {address}: {answer.status_code}\n{said(answer)}")
        return answer


def completed(form: Form, typed: Mapping[str, str]) -> dict[str, str]:
    """What the form holds with what is typed into it; a field may be told without its prefix."""
    data = dict(form.values)
    for name, text in typed.items():
        controls = [one for one in form.kinds if one == name or one.endswith(f"-{name}")]
        data |= dict.fromkeys(controls or [name], text)
    return data


def said(answer: Any) -> str:
    """What stands against a form, by its fields."""
    shown = [pair for layer in answer.context or () for part in layer for pair in part.items()]
    texts = [f"{name}: {dict(one.errors)}" for name, one in shown
             if isinstance(one, BaseForm) and one.errors]  # fmt: skip
    return "; ".join(dict.fromkeys(texts))


def run(desk: Desk) -> list[Participant]:
    """All of it. Returns those who were randomised."""
    people = [enrol(desk, *PEOPLE[n], number=n) for n in range(len(PEOPLE))]
    waiting = enrol(desk, *REFUSED, number=len(PEOPLE))
    for number, person in enumerate(people):
        randomise(desk, person, over_rest=number % 2 == 1)
    randomise(desk, waiting, over_rest=False, expect=409)
    desk.days(1)
    for person in people[:4]:
        first_infusion(desk, person)
    for person in people[:3]:
        dosed(desk, person)
    unblinded(desk, next(person for person in people[2:] if person.site.code == "01"))
    asked(desk, people[0])
    settled(desk, people[1])
    return people


def at(site: str, role: str) -> str:
    return role if site == "01" else f"{role}2"


def enrol(desk: Desk, site: str, status: str, *, number: int) -> Participant:
    """From screening to the day before the first infusion."""
    who = at(site, "coordinator")
    today = desk.cast.site.today()
    opening = {"site": site, "screened_on": str(today), "birth_year": str(1960 + number),
               "sex": "F", "childbearing_potential": "no"}  # fmt: skip
    answer = desk.fill(who, "visits:screen", (), opening)
    code = answer.headers["Location"].split("/")[2]
    board = ("patients:screening", (code,))
    consent = {"form_version": "1.0", "given_on": str(today), "given_time": "08:30"}
    desk.fill(who, "patients:consent", (code,), consent, on=board)
    desk.fill(who, "patients:criteria", (code,), ELIGIBLE, on=board, expect=(200, 302))
    desk.fill(who, "visits:enrol", (code,), {
        "enrolled_on": str(today), "day0_on": str(today), "induction_started_on": str(today),
        "disease_status": status}, on=board)  # fmt: skip
    person = Participant.objects.select_related("site").get(code=code)
    labs(desk, who, person, "SCR")
    return person


def labs(desk: Desk, who: str, person: Participant, visit: str) -> None:
    found = study.visit_of(person, visit)
    laboratory = {"01": desk.cast.laboratory, "02": desk.cast.other_laboratory}[person.site.code]
    on = found.held_on or found.target_on or person.screened_on

    def typed(form: Form) -> Mapping[str, str]:
        """Every value that the report has, and of every other one that it was not ordered."""
        asked = [control[2:] for control in form.kinds if control.startswith("v-")]
        values = {f"v-{code}": LABS[code] for code in asked if code in LABS}
        units = {f"u-{code}": study.UNITS[code] for code in asked if code in LABS}
        missing = {f"n-{code}": "not_ordered" for code in asked if code not in LABS}
        head = {"laboratory": str(laboratory.pk), "collected_on": str(on), "dialysis": "no",
                "sample_state": "good"}  # fmt: skip
        return {**head, **values, **units, **missing}

    desk.fill(who, "labs:entry", (found.pk,), typed)
    evaluation.evaluate_pending(process="worker")


def randomise(desk: Desk, person: Participant, *, over_rest: bool, expect: int = 0) -> None:
    """By the investigator's signature, on the page or over REST."""
    who = at(person.site.code, "investigator")
    proof = {"username": who, "password": study.PASSWORD}
    if not over_rest:
        desk.fill(who, "randomization:randomise", (person.code,), proof,
                  expect=(expect or 302,))  # fmt: skip
        return
    desk.client(who)
    answer = desk._send(
        who, "api:allocations-list", "POST", reverse("api:allocations-list"),
        {"participant": person.code, **proof}, content_type="application/json",
        headers={"Idempotency-Key": f"allocate-{person.code}"},
    )  # fmt: skip
    if answer.status_code != 201:
        raise ScriptError(f"{person.code} over REST: {answer.status_code} {answer.read!r}")


def first_infusion(desk: Desk, person: Participant) -> None:
    """The visit of day 0, and its laboratory report."""
    who = at(person.site.code, "coordinator")
    on = desk.cast.site.today()
    desk.fill(who, "visits:hold", (person.code, "D0"), {"held_on": str(on)},
              on=("visits:visit", (person.code, "D0")))  # fmt: skip
    labs(desk, who, person, "D0")


def dosed(desk: Desk, person: Participant) -> None:
    """The participant's bag from the stock into the vein: issued, verified, infused, a reaction."""
    who, site = at(person.site.code, "coordinator"), desk.cast.site
    bag = Bag.objects.get(reserved_for=person)
    checked = {"number": bag.number, "code": person.code, "birth_year": str(person.birth_year),
               "label_read": "on", "username": at(person.site.code, "investigator"),
               "password": study.PASSWORD}  # fmt: skip
    desk.fill(who, "bags:issue", (bag.number,), checked)
    desk.fill(who, "bags:verify", (bag.number,), checked)
    now = timezone.now().astimezone(site.zone).strftime("%Y-%m-%d %H:%M")
    for section, typed in (
        ("order", {"weight_kg": "62", "weighed_on": now[:10]}),
        ("preparation", {"prepared_cells": "31", "prepared_ml": "31"}),
        ("start", {"started": now}),
        ("reactions", {"chills-occurred": "yes", "chills-onset": now, "chills-grade": "1",
                       "chills-note": "a blanket"}),
        ("end", {"ended": now, "given_ml": "31", "residual_ml": "0", "flush_ml": "20",
                 "stopped_early": "no"}),
    ):  # fmt: skip
        page = ("bags:infusion", (bag.number,))
        desk.fill(who, "bags:infusion_save", (bag.number, section), typed, on=page)


def asked(desk: Desk, person: Participant) -> None:
    """A query, its answer, a correction, its closing."""
    row = Result.objects.filter(panel__visit__participant=person, analyte="ALT").order_by("pk")[0]
    text = {"text": "The report says 26, not 62: please check."}
    desk.fill("monitor", "reports:query_raise", ("result", row.pk), text)
    number = Query.objects.latest("pk").pk
    thread = ("reports:query", (number,))
    who = at(person.site.code, "coordinator")
    desk.fill(who, "reports:query_answer", (number,), {"text": "It is 62."}, on=thread)
    desk.fill("monitor", "reports:query_close", (number,), {"text": "Agreed."}, on=thread)
    desk.fill(who, "patients:details", (person.code,), {"birth_year": "1961", "reason": "misread"})


def settled(desk: Desk, person: Participant) -> None:
    """Signed, verified, frozen, and a snapshot of everything."""
    proof = {"username": "investigator", "password": study.PASSWORD}
    desk.fill("investigator", "reports:sign_visit", (person.code, "SCR"), proof)
    desk.fill("monitor", "reports:verify_visit", (person.code, "SCR"), {"all": "1"})
    query = f"?kind=freeze&scope=participant&participant={person.code}"
    desk.fill("datamanager", "reports:hold_place", (), {"reason": "interim look"}, query=query)
    desk.fill("datamanager", "reports:snapshots", (), {"name": "interim"})


def unblinded(desk: Desk, person: Participant) -> None:
    """Emergency unblinding of one participant. What the investigator is then shown is the one body
    that is not compared; what it leaves everywhere else is."""
    if not there("unblinding:ask", person.code):
        return
    who = at(person.site.code, "investigator")
    why = {"category": "reaction", "reason": "severe reaction, the antidote depends on it",
           "username": who, "password": study.PASSWORD}  # fmt: skip
    answer = desk.fill(who, "unblinding:ask", (person.code,), why)
    address = answer.headers["Location"]
    page = desk._send(who, "unblinding:arm", "GET", address)
    data = desk.form(page, address).values
    shown = desk._send(who, "unblinding:arm", "POST", address, data, secret=True)
    if shown.status_code != 200:
        raise ScriptError(f"{person.code} was not unblinded: {shown.status_code}")


def there(name: str, *args: object) -> str:
    """The address of a page, or "" where this build has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
