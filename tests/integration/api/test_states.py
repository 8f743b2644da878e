"""The export views of signatures and verifications know every form of the casebook."""

import pytest
from django.db import connection

from tests.factories import forms, study
from tests.factories.signatures import signed
from tests.integration.quality import verifying
from trial.protocol.casebook.forms import BY_CODE
from trial.quality.casebook import FORM_OF_TABLE

pytestmark = pytest.mark.django_db(transaction=True)
VITALS = BY_CODE["vital_signs"]


@pytest.mark.parametrize("view", ["export_signature", "export_verification"])
def test_a_view_names_every_table_of_a_form(view):
    """If this fails, a form was added: a migration of reports with `operations = state_views()`
    (reports/state_views.py) makes the views anew."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_get_viewdef(%s::regclass)", [view])
        (text,) = cursor.fetchone()
    assert [table for table in FORM_OF_TABLE if f"'{table}'" not in text] == []


@forms.each_form
def test_a_change_of_any_form_is_seen_in_the_state_of_its_verification(api, cast, form):
    person = study.enrolled(cast.site)
    row = forms.row(form, person)
    owner = verifying.visit(person, "D0") if form.level == "visit" else person
    verifying.recorded(owner, form.code)
    client = api(cast.sponsor)
    mine = {"participant": person.code}
    assert [one["state"] for one in client.rows("verifications/", **mine)] == ["verified"]
    question = form.questions[0]
    forms.change(row, **{question.name: question.empty})
    assert [one["state"] for one in client.rows("verifications/", **mine)] == ["changed"]


def test_a_change_of_a_form_is_seen_in_the_state_of_the_signature(api, cast):
    person = study.enrolled(cast.site)
    row = forms.row(VITALS, person)
    signed(study.visit_of(person, "D0"), cast.investigator)
    client = api(cast.sponsor)
    assert [one["state"] for one in client.rows("signatures/")] == ["intact"]
    forms.change(row, systolic=118)
    assert [one["state"] for one in client.rows("signatures/")] == ["changed"]
