"""Described forms under signatures: what is covered never changes silently (R-26)."""

import hashlib

import pytest

from reports.casebook_content import of_casebook, of_visit
from reports.presenters.signing import changes, parts
from tests.factories import forms, study
from tests.factories.signatures import signed
from trial.protocol.casebook.forms import BY_CODE, FORMS, OF_THE_SITE
from trial.signing.content import COLUMNS, SCHEMA, read
from trial.signing.models import COVERED, Signature

VITALS = BY_CODE["vital_signs"]

# SHA-256 of each list of signed columns that has ever been signed by. Never change a line here:
# signatures were given over these columns in this form, and each would look broken.
#
# A failure means that an old list has become another one.
# - A new question of an old form, or a changed one (its kind, decimals, name): give it the next
#   number as `since` in its description (since=5), so that old signatures go on without it; an
#   old question keeps its column and its place among those of its list.
# - A new form: the same, or, before anything was signed by the newest list, add its line below.
# - After the next list was first used (SCHEMA has grown), add the hashes of its tables as well.
OLD_LISTS = {
    1: "c4c4ea1319716b6fd58bfb5e4f651bdd3a435e6b6886773cb93ce072855929eb",
    2: "ae530bfcef9462481e13c8927b0e4f80fd01ca7ab0475f84154e6cf1baed5a51",
    3: "920f1c5b77a6462d1e6f885b28763550d8b79eafc96847b6147d99d60ac688ea",
}
FOURTH = {
    "patients_diagnosis": "95f0fc22902274e72c68c6ee7901d5406bf8bddfc5b9986fc5a4897663e56742",
    "patients_pregnancytest": "d8a3c0ee21a8e11cc7869bee9d331fe3fe11e07b80d91f3869ae23141abd864e",
    "patients_genotype": "ee04d65ed87edad0c673186c6a21519d31f0d108d63997027fe19731b50cdf7a",
    "patients_medicalhistory": "cc4857a56a9c4acda7fce97ab7e9bae93f66bd15d212f9b534d60f641e6bf66a",
    "patients_aihtherapy": "0a06c943f7c78c126b88f554568b926ee220dfda95a46c564d7c1a2eda29963c",
    "patients_medication": "04fcd3e2c13ca6412eb2f451f7b71385d3c788f436f833266afe39a94e66dd1d",
    "visits_vitalsigns": "48d60ffdae45ef930c85df0ad93319bc254f6c2d3cd31028f6c1b5afee796b2c",
    "visits_symptoms": "3317c46f952e667da348e9a22d8d245c9921f811aec836ce049f9096cef21132",
    "visits_adherence": "4c4370158a449c9bca827cc887c73f958e6495bd627e133b1b52e53169d02d52",
    "visits_biopsy": "046c568febad9a48c1c9a5402d827b764fda94a63285c9756250a47135394975",
    "visits_blindingguess": "9b7818828e858a9924c884f2ec0c1722ca1605f654280d74c296cd047b7f8fcc",
    "safety_adverseevent": "adda1a14c3f386711c5df70c0d507fc0ac062ae500bd41ede3d2b85614d81c62",
    "safety_seriousevent": "4e67746cd6c521caf7869479e604c818cc0d86a220ac1e5f28bbe45c6917420f",
    "safety_pregnancyreport": "d18c8066e340dbcb0338f948b2671c28f4af907a65d5403e93180ff0fcd7a572",
    "safety_death": "33259fa657cb02082844525e183a2f282df46f5d1ae6d24fc4b2d500e76231e6",
    "visits_deviation": "8b32d38995f65ff343c1d3135fda481cd6e0c3aaa57ce8b246f9b66b2b8b8d19",
    "patients_disposition": "3297b38bb698daf8611d0e4177d89db265451130720142f4e87a42c33536c08a",
}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def whole(schema: int) -> str:
    lines = (f"{table}: {' '.join(columns.split())}" for table, columns in COLUMNS[schema].items())
    return digest("\n".join(lines))


@pytest.mark.req("R-26")
@pytest.mark.parametrize("schema", OLD_LISTS)
def test_an_old_list_of_signed_columns_is_what_it_was(schema):
    assert whole(schema) == OLD_LISTS[schema]


@pytest.mark.req("R-26")
def test_the_fourth_list_is_what_it_was_for_each_form():
    described = {form.table for form in FORMS}
    found = {table: digest(text) for table, text in COLUMNS[4].items() if table in described}
    assert found == FOURTH


@pytest.mark.req("R-26")
def test_the_fourth_list_is_the_third_with_the_forms():
    described = {form.table for form in FORMS}
    rest = {table: text for table, text in COLUMNS[4].items() if table not in described}
    assert rest == COLUMNS[3]


@pytest.mark.parametrize("form", OF_THE_SITE, ids=lambda form: form.code)
def test_the_newest_list_has_every_question(form):
    covered = {column.partition(":")[0] for column in COLUMNS[SCHEMA][form.table].split()}
    assert {question.name for question in form.questions} <= covered
    assert {"number", "not_done", "struck"} <= covered
    assert form.table in COVERED


@pytest.mark.req("R-26")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "form", [form for form in FORMS if form.level == "visit"], ids=lambda form: form.code
)
def test_a_changed_answer_breaks_the_signature_of_its_visit_and_of_no_other(cast, form):
    person = study.enrolled(cast.site)
    row = forms.row(form, person, "D0")
    given = signed(study.visit_of(person, "D0"), cast.investigator)
    other = signed(study.visit_of(person, "W4"), cast.investigator)
    intact = Signature.objects.intact()
    assert {given.pk, other.pk} == set(intact.values_list("pk", flat=True))

    question = form.questions[0]
    forms.change(row, **{question.name: question.empty})

    assert set(intact.all().values_list("pk", flat=True)) == {other.pk}
    [line], more = changes(given)
    assert (line.what, line.new, more) == (f"{form.label.en}: {question.label.en}", "", 0)
    assert line.old


@pytest.mark.req("R-26")
@pytest.mark.django_db
@pytest.mark.parametrize("form", OF_THE_SITE, ids=lambda form: form.code)
def test_a_signer_reads_every_answer_of_each_form(cast, form):
    person = study.enrolled(cast.site)
    forms.row(form, person)
    document = read(of_casebook(person))
    said = {str(name): str(value) for part in parts(document) for name, value in part.facts}
    name = f"{form.label.en} 1" if form.repeats else form.label.en
    for question in form.questions:
        assert f"{question.label.en}: " in said[name]
    if form.level == "visit":
        visit = read(of_visit(study.visit_of(person, "D0")))
        assert name in {str(name) for part in parts(visit) for name, _value in part.facts}


@pytest.mark.django_db
def test_what_was_not_done_and_what_was_struck_is_said(cast):
    person = study.enrolled(cast.site)
    forms.blank(VITALS, person, "D0", not_done="device broken")
    forms.blank(VITALS, person, "W4", systolic=118, struck=True)
    found = [str(value) for part in parts(read(of_casebook(person))) for name, value in part.facts
             if name == "Vital signs"]  # fmt: skip
    assert sorted(found) == [
        "Entered by mistake. Systolic pressure: 118 mmHg", "Not done: device broken"
    ]  # fmt: skip
