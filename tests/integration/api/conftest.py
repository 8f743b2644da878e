"""A study with evaluated labs at two sites, and clients that read the API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from labs.models import Panel
from labs.services import evaluation
from patients.models import Participant
from randomization.models import Category
from randomization.services.unblinding import Incident, record_inadvertent
from tests.factories import custody, forms, histology, study
from tests.factories.signatures import signed
from tests.integration.quality import verifying
from tests.integration.queries.asking import raised, result_of
from tests.integration.test_role_matrix import make_signal, taken_slot  # noqa: F401
from trial.access.models import User
from trial.access.services import issue_token

API = "/api/v1/"
MELD_INPUTS = {"BILI": "20", "CREAT": "80", "INR": "1.1", "SODIUM": "140", "ALB": "40"}


@dataclass(frozen=True)
class Api:
    """A client with a user's token."""

    client: Client
    token: str

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any):
        return self.client.get(API + path, query, headers=self.headers(headers))

    def post(self, path: str, body: object, **headers: str):
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.post(
            API + path,
            text,
            content_type="application/json",
            headers=self.headers({name.replace("_", "-"): v for name, v in headers.items()}),
        )

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All rows of one page; the answer must be a page."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.content
        return answer.json()["results"]

    def headers(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return {"Authorization": f"Token {self.token}", **(more or {})}


@pytest.fixture
def api():
    """`api(user)`: a client that carries a token of this user."""

    def of(user: User) -> Api:
        return Api(Client(), issue_token(user=user, by=study.SETUP))

    return of


@dataclass(frozen=True)
class Study:
    """A participant with a relapse at site 01, one with a single panel at site 02."""

    here: Participant
    there: Participant


@pytest.fixture
def labs(cast) -> Study:
    here, there = study.enrolled(cast.site), study.enrolled(cast.other_site)
    for visit, values in study.RELAPSE_COURSE.items():
        study.enter(here, visit, {**values, **MELD_INPUTS}, cast.laboratory)
    study.enter(there, "D0", {"ALT": "<12", "AST": "30,5"}, cast.other_laboratory)
    evaluation.evaluate_pending(process="test")
    signed(study.visit_of(here, "D0"), cast.investigator)
    signed(study.visit_of(there, "D0"), cast.investigator2)
    for person in (here, there):
        verifying.recorded(verifying.visit(person, "D0"), "labs")
        raised(result_of(person))
    return Study(here, there)


@pytest.fixture
def everything(cast, labs, taken_slot) -> Study:  # noqa: F811 - a fixture
    """The same, both randomised, infused, and somebody learned something: rows in every dataset."""
    for person, second in ((labs.here, cast.investigator), (labs.there, cast.investigator2)):
        taken_slot(person, f"{person.site.code}-naive")
        custody.whole(custody.bag_for(person, "D0", second=second))
        incident = Incident(Category.TOLD, "A nurse said it aloud.", person.site.today(), "nurse")
        record_inadvertent(participant=person, incident=incident, by=study.SETUP)
        histology.read(person, "W24")
        forms.every(person)
        make_signal(Panel.objects.filter(visit__participant=person)[0])
    return labs


def reader(cast, name: str, site: int = 1) -> User:
    """Somebody at a site who may read a dataset: not everybody may know of unblindings."""
    role = "investigator" if name == "unblindings" else "coordinator"
    found: User = getattr(cast, role if site == 1 else f"{role}{site}")
    return found
