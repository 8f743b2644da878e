"""The API's description: current, valid, and kept by the API itself."""

from pathlib import Path

import pytest
import schemathesis
import yaml
from django.conf import settings
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import (
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.generation import GenerationMode

from reports.datasets import DATASETS
from tests.factories import study
from trial.access.services import issue_token
from trial.wsgi import application

FILE = Path(settings.BASE_DIR) / "docs/schema.yml"
CALLS = 12  # of each operation
CHECKS = (not_a_server_error, response_schema_conformance, status_code_conformance)
INSIDE = (b"Traceback", b"site-packages", b"psycopg", b"SELECT ", b"DJANGO_SETTINGS")


def described():
    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_committed_description_is_current():
    """If this fails: manage.py spectacular --validate --file docs/schema.yml"""
    assert FILE.read_bytes() == OpenApiYamlRenderer().render(described(), renderer_context={})


def test_the_description_is_valid_openapi():
    validate_schema(described())


@pytest.mark.parametrize("name", DATASETS)
def test_every_column_is_described(name):
    paths = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    page = paths["paths"][f"/api/v1/{name}/"]["get"]["responses"]["200"]["content"]
    assert set(page) == {
        "application/json",
        "text/csv",
        "application/x-ndjson",
        "application/vnd.apache.parquet",
    }
    reference = paths["paths"][f"/api/v1/{name}/{{id}}/"]["get"]["responses"]["200"]["content"]
    row = reference["application/json"]["schema"]["$ref"].rpartition("/")[2]
    fields = paths["components"]["schemas"][row]["properties"]
    assert list(fields) == list(DATASETS[name].names)
    assert all(field["description"] for field in fields.values())


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/"])
def test_only_signed_in_users_read_the_description(sign_in, cast, path):
    assert Client().get(path).status_code in (302, 401)
    assert sign_in(cast.pharmacist).get(path).status_code == 200


bounded = hypothesis_settings(
    max_examples=CALLS, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def operations():
    schema = schemathesis.openapi.from_dict(described())
    return [result.ok() for result in schema.get_all_operations()]


@pytest.mark.req("F-119")
@pytest.mark.req("F-131")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["sponsor", "coordinator"])
@pytest.mark.parametrize("mode", GenerationMode, ids=str)
def test_nothing_a_client_can_send_breaks_the_server(cast, labs, settings, name, mode):
    """Made-up requests over the whole description, as described and against it: never a 5xx, no
    status or answer but those described, and nothing of the inside."""
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_CLASSES": []}
    token = issue_token(user=cast.users[name], by=study.SETUP)
    headers = {"Authorization": f"Token {token}"}
    sent: list[str] = []

    for operation in operations():

        @given(operation.as_strategy(generation_mode=mode))
        @bounded
        def send(case):
            answer = case.call(app=application, headers=headers)
            case.validate_response(answer, checks=CHECKS)
            assert not [word for word in INSIDE if word in answer.content]  # Parquet is no text
            sent.append(case.path)

        send()

    assert set(sent) == {operation.path for operation in operations()}
