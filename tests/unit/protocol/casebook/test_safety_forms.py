"""What holds of all forms of safety: names, codes, submission targets, the shape of checks."""

import re

import pytest

from trial.protocol.casebook import (
    adverse_event,
    death,
    pregnancy_report,
    serious_event,
    sponsor_assessment,
)
from trial.protocol.crf import Form
from trial.protocol.edit_checks import Check

MODULES = (adverse_event, serious_event, sponsor_assessment, pregnancy_report, death)
FORMS = [module.FORM for module in MODULES]
CHECKS = [check for module in MODULES for check in module.CHECKS]
RESERVED = {"id", "participant", "visit", "number", "version", "saved_at", "saved_by", "not_done",
            "struck", "form"}  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.code)
def test_names_and_codes(form: Form) -> None:
    assert len(form.code) <= 20
    assert form.app == "safety"
    for question in form.questions:
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,29}", question.name)
        assert question.name not in RESERVED
        assert question.label.en
        assert re.search("[\u4e00-\u9fff]", question.label.zh)
        assert len(f"{form.code}_{question.name}_possible") <= 63  # a name in PostgreSQL
        codes = [one.code for one in question.codes]
        assert len(set(codes)) == len(codes)
        assert all(re.fullmatch(r"[a-z0-9_]{1,20}", code) for code in codes)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.code)
def test_submission_targets(form: Form) -> None:
    """Variables and test codes of SDTM have eight characters; only words and links have none."""
    for question in form.questions:
        if question.cdisc:
            assert re.fullmatch(r"(SUPP)?[A-Z]{2}\.[A-Z][A-Z0-9]{1,7}", question.cdisc)
        else:
            assert question.kind in ("note", "text"), question.name


def test_checks_are_one_to_one_and_know_their_questions() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        form = next(one for one in FORMS if one.code == check.form)
        assert re.fullmatch(r"(AE|SAE|SPA|PR|DTH)-[0-9]{2}", check.id)
        assert {*check.fields, *(check.needs or ())} <= {one.name for one in form.questions}
        assert re.search("[\u4e00-\u9fff]", check.says.zh)


@pytest.mark.parametrize("check", [one for one in CHECKS if one.severity == "hard"],
                         ids=lambda check: check.id)  # fmt: skip
def test_what_refuses_looks_at_no_other_form(check: Check) -> None:
    """Another form may be the one that is wrong, and could then never be corrected first."""
    assert check.reads == ()
