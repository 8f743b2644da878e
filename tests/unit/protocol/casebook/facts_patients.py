"""Cases of the participant's own forms, from answers alone."""

from datetime import date

from trial.protocol.crf import Case, Facts, Form, Person, Row, missing

TODAY = date(2026, 6, 30)
DAY_0 = date(2026, 3, 10)
WOMAN = {"sex": "F", "birth_year": 1980, "childbearing_potential": True}


def rows(form, *answers):
    """Lines of a form, numbered from 1; ids are of no form's but their own."""
    return tuple(Row(form, at, at, values) for at, values in enumerate(answers, 1))


def case(form, answers, *others, at=None, person=None, **forms):
    """The row of these answers, after `others` of its form (or with the number `at`); `forms`
    gives other forms' lines as lists of answers."""
    before = rows(form, *others)
    number = len(before) + 1 if at is None else at
    row = Row(form, 900, number, answers)
    held = {code: rows(code, *lines) for code, lines in forms.items()} | {form: (*before, row)}
    return Case(row, Facts(Person(**{**WOMAN, **(person or {})}), TODAY, held))


def found(checks, one):
    """The ids of the checks that find something."""
    return {check.id for check in checks if check.finds(one)}


def check_of(checks, code):
    (one,) = (check for check in checks if check.id == code)
    return one


def needed(form: Form, **answers):
    """The questions still needed."""
    return set(missing(form, answers))


def sound(form, checks):
    """What every form has to hold: known questions, distinct ids, texts in both languages."""
    names = {question.name for question in form.questions}
    assert len({check.id for check in checks}) == len(checks)
    for check in checks:
        assert check.form == form.code
        assert {*check.fields, *(check.needs or ())} <= names
        assert check.says.en.endswith((".", "?"))
        assert check.says.zh.endswith(("。", "？"))
    for question in form.questions:
        assert len(question.name) <= 30
        assert question.label.en
        assert question.label.zh
        assert question.cdisc or question.name == "remark"
        assert all(len(one.code) <= 20 for one in question.codes)
    assert set(form.titled_by) <= names
    assert len(form.code) <= 20
    assert all(len(part.questions) <= 10 for part in form.sections)
