"""The study as an attacker finds it: two sites with one of everything, and every door to them."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Max
from django.test import Client
from django.urls import Resolver404, resolve

from patients.models import Participant
from randomization.sealed.models import SealedEvent
from tests.factories import study
from tests.integration.attacks.html import Form, Page
from tests.integration.patients.pages import eligible
from tests.integration.test_role_matrix import (  # noqa: F401 - two are fixtures
    EXPECTED,
    address_of,
    holds,
    records_of,
    taken_slot,
    unblinded,
)
from trial.access.models import Site, User
from trial.access.services import issue_token
from trial.audit.models import Event

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
MARKUP = '"><xss7 onxss7=1>'  # what no page must take for anything but text
# Who tries first: those who may write come before those who only read.
PREFERRED = ("coordinator", "investigator", "datamanager", "admin", "sponsor", "monitor",
             "statistician", "safety", "pharmacist", "reader")  # fmt: skip
SCREENING = ("patients:consent", "patients:criteria", "patients:decision", "patients:fail",
             "patients:screening", "visits:enrol")  # fmt: skip


@dataclass
class World:
    """`here` and `there`: one of everything at site 01 and 02, by the names `EXPECTED` uses.

    `candidate`: somebody at site 01 whose screening is not over.
    """

    cast: study.Cast
    here: Mapping[str, object]
    there: Mapping[str, object]
    candidate: Participant

    def user_for(self, right: str, site: Site | None = None) -> User | None:
        """Somebody who may, at site 01 unless another is named."""
        users = (self.cast.users[name] for name in PREFERRED)
        return next((u for u in users if holds(u, right, site or self.cast.site)), None)

    def address(self, name: str) -> str:
        """The address of an endpoint with the records of site 01."""
        if name in SCREENING:
            return address_of(name, {**self.here, "participant": self.candidate.code})
        return address_of(name, self.here)

    def pages(self) -> Iterator[tuple[str, str, User]]:
        """(endpoint, address, somebody who may) of everything that can be read at site 01."""
        for name, endpoint in EXPECTED.items():
            right = endpoint.methods.get("GET")
            user = self.user_for(right) if right else None
            if user is not None:
                yield name, self.address(name), user

    def doors(self) -> Iterator[tuple[str, str, User]]:
        """(endpoint, address, somebody who may) of everything that can be written at site 01."""
        for name, endpoint in EXPECTED.items():
            right = endpoint.methods.get("POST")
            user = self.user_for(right) if right else None
            if user is not None:
                yield name, self.address(name), user

    def forms(self, caller: "Caller") -> dict[str, tuple[Form, User]]:
        """Every form for writing that some page at site 01 shows, by the endpoint it is sent to."""
        found: dict[str, tuple[Form, User]] = {}
        for name, address, user in self.pages():
            if name.startswith("api:"):
                continue
            answer = caller.get(user, address)
            if not is_html(answer):
                continue
            for form in Page(text_of(answer), address).forms:
                target = endpoint_of(form.action)
                if form.method == "post" and "POST" in EXPECTED[target].methods:
                    found.setdefault(target, (form, user))
        return found


def endpoint_of(address: str) -> str:
    """The endpoint's name, or "" for no address of ours."""
    try:
        return resolve(address).view_name
    except Resolver404:
        return ""


def is_html(answer: Any) -> bool:
    return answer.headers.get("Content-Type", "").startswith("text/html")


def body_of(answer: Any) -> bytes:
    """The whole body, of a stream too."""
    if answer.streaming:
        return b"".join(answer.streaming_content)
    return answer.content


def read(answer: Any) -> None:
    """Take a file to its end, so that it is closed, and keep what it says."""
    if answer.streaming:
        body = body_of(answer)
        answer.streaming_content = [body]


def text_of(answer: Any) -> str:
    return body_of(answer).decode()


def confirmation(answer: Any, address: str) -> str:
    """The mark with which a page wants to be sent again, now that its effect has been seen."""
    if answer.status_code != 200 or not is_html(answer):
        return ""
    marks = [form.values.get("confirmed", "") for form in Page(text_of(answer), address).forms]
    return next((mark for mark in marks if len(mark) == 64), "")


# What a person would write, by endpoint and the end of a control's name; the rest stays as drawn.
WRITTEN: Mapping[str, Mapping[str, str]] = {
    "patients:consent": {"form_version": "2.0", "given_on": "2024-12-24", "given_time": "10:00"},
    "patients:criteria": {"E1": "yes", "reason": "The scan came back."},
    "patients:fail": {"on": "2024-12-24", "reason": "Declined."},
    "visits:enrol": {
        "enrolled_on": "2025-01-03",
        "day0_on": "2025-01-06",
        "disease_status": "naive",
    },
    "patients:details": {"birth_year": "1979", "reason": "Misread."},
    "patients:withdraw": {"on": "2025-12-20", "reason": "Moved away."},
    "patients:complete": {"on": "2026-11-10", "reason": "As planned."},
    "visits:screen": {"screened_on": "2025-03-03", "birth_year": "1980", "sex": "F",
                      "childbearing_potential": "yes"},
    "visits:unscheduled": {"held_on": "2025-05-05", "reason": "Fever."},
    "visits:hold": {"held_on": "2025-12-09", "reason": "A day late."},
    "visits:miss": {"reason": "Was ill."},
    "labs:entry": {"v-ALT": "310", "c-ALT": "Seen twice.", "k-ALT": "1", "reason": "Typing error."},
    "labs:range_add": {"analyte": "ALT", "sex": "F", "age_from": "0", "low": "7", "high": "33",
                       "unit": "U/L", "valid_from": "2025-01-01"},
    "labs:range_correct": {"high": "33", "reason": "New kit."},
    "account_change_password": {"current": study.PASSWORD, "password": "a long new secret 1",
                                "again": "a long new secret 1"},
}  # fmt: skip


# The button that is pressed, where a form has several.
PRESSED: Mapping[str, Mapping[str, str]] = {"reports:redaction_decide": {"refuse": "1"}}


def filled(name: str, form: Form) -> dict[str, str]:
    """A form as somebody would send it."""
    data = dict(form.values)
    data |= PRESSED.get(name, {})
    written = WRITTEN.get(name, {})
    for control, kind in form.kinds.items():
        for ending, text in written.items():
            if control == ending or control.endswith(f"-{ending}"):
                data[control] = text
        if kind == "textarea" and not data.get(control):
            data[control] = "A remark."
    return data


class Caller:
    """Asks as a signed-in user, or with their token; what is asked leaves nothing behind."""

    def __init__(self) -> None:
        self.jars: dict[int, str] = {}
        self.tokens: dict[int, str] = {}

    def client(self, user: User | None, **options: Any) -> Client:
        """A client of its own, signed in as `user`; not rescued by Django from errors of ours."""
        client = Client(raise_request_exception=False, **options)
        if user is not None:
            client.cookies["session"] = self.jar(user)
        return client

    def jar(self, user: User) -> str:
        if user.pk not in self.jars:
            client = Client()
            client.force_login(user, backend=BACKEND)
            self.jars[user.pk] = client.cookies["session"].value
        return self.jars[user.pk]

    def bearer(self, user: User) -> dict[str, str]:
        """The header of a token of this user."""
        if user.pk not in self.tokens:
            self.tokens[user.pk] = issue_token(user=user, by=study.SETUP)
        return {"Authorization": f"Token {self.tokens[user.pk]}"}

    def get(self, user: User, address: str, **options) -> Any:
        return self.ask(user, "GET", address, **options)

    def ask(self, user: User | None, method: str, address: str, **options) -> Any:
        """The answer; whatever was written is taken back."""
        client = self.client(user)
        if user is not None:
            self.jar(user)
        with taken_back():
            answer: Any = client.generic(method, address, **options)
            read(answer)
        return answer

    def post(self, user: User | None, address: str, data, **options) -> Any:
        """A form, sent; whatever was written is taken back."""
        return self.effect(user, address, data, **options)[0]

    def effect(
        self, user: User | None, address: str, data, *, keep: bool = False, **options
    ) -> tuple[Any, list[Event | SealedEvent]]:
        """A form, sent: the answer, and what both trails have of it; taken back unless `keep`.

        A page that shows the effect first and asks to go on is told to.
        """
        client = self.client(user)
        before = {trail: newest(trail) for trail in (Event, SealedEvent)}
        with taken_back(unless=keep):
            answer = client.post(address, data, **options)
            mark = confirmation(answer, address)
            if mark:
                answer = client.post(address, {**data, "confirmed": mark}, **options)
            read(answer)
            found = [
                event
                for trail, last in before.items()
                for event in trail.objects.filter(pk__gt=last).order_by("pk")
                if event.table_name != "access"  # noted before a page of what is sealed is shown
            ]
        return answer, found


def newest(trail: type[Event | SealedEvent]) -> int:
    return trail.objects.aggregate(last=Max("id"))["last"] or 0


@contextmanager
def taken_back(*, unless: bool = False) -> Iterator[None]:
    """What is written inside through either login is undone at the end."""
    with transaction.atomic(), transaction.atomic(using="sealed"):
        yield
        for alias in ("default", "sealed"):
            transaction.set_rollback(not unless, using=alias)


@pytest.fixture(autouse=True)
def quiet(settings) -> Iterator[None]:
    """Refusals by the hundred are meant here. DEMO, because the gallery is a page too."""
    settings.DEMO = True
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_CLASSES": []}
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True)
def both_logins(request) -> None:
    """The pages of what is sealed are doors too."""
    request.applymarker(pytest.mark.django_db(databases=["default", "sealed"]))


@pytest.fixture
def caller(db) -> Caller:
    return Caller()


@pytest.fixture
def world(cast, caller, taken_slot, unblinded) -> World:  # noqa: F811 - fixtures
    here = records_of(cast.site, cast.laboratory)
    there = records_of(cast.other_site, cast.other_laboratory)
    for site, records in ((cast.site, here), (cast.other_site, there)):
        person = Participant.objects.get(code=records["participant"])
        allocated = taken_slot(person, f"{site.code}-naive")
        records.update({"allocation": allocated.pk, **unblinded(person)})
    found = World(cast, here, there, eligible(cast.site))
    for user in cast.users.values():
        caller.jar(user)
        caller.bearer(user)
    return found
