"""The forms of a protocol version as data for programs: the study's data dictionary."""

from decimal import Decimal
from typing import Any

from reports.form_datasets import KINDS, name_of
from trial.protocol.crf import Code, Form, Question, When
from trial.protocol.label import Label
from trial.protocol.version import ProtocolVersion


def dictionary(version: ProtocolVersion) -> dict[str, Any]:
    """Every form of a version with every question."""
    return {
        "protocol": version.number,
        "forms": [_form(form, version) for form in version.forms],
    }


def _form(form: Form, version: ProtocolVersion) -> dict[str, Any]:
    visits = [one.code for one in version.visits if form.code in one.forms]
    return {
        "code": form.code,
        "label": _label(form.label),
        "dataset": name_of(form),
        "domain": form.domain,
        "level": form.level,
        "repeats": form.repeats,
        "visits": visits if form.level == "visit" else [],
        "sections": [
            {
                "code": section.code,
                "label": _label(section.label),
                "questions": [_question(question) for question in section.questions],
            }
            for section in form.sections
        ],
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "name": question.name,
        "label": _label(question.label),
        "help": _label(question.help) if question.help else None,
        "type": "decimal" if question.decimals else KINDS[question.kind],
        "kind": question.kind,
        "unit": question.unit or None,
        "decimals": question.decimals if question.kind == "number" else None,
        "low": _exact(question.low),
        "high": _exact(question.high),
        "soft_low": _exact(question.soft_low),
        "soft_high": _exact(question.soft_high),
        "length": question.length or None,
        "codes": [_code(code) for code in question.codes],
        "line_of": question.to or None,
        "needed": question.needed,
        "when": _when(question.when),
        "cdisc": question.cdisc or None,
        "exported": not question.names_people,
    }


def _code(code: Code) -> dict[str, Any]:
    return {"code": code.code, "label": _label(code.label), "cdisc": code.cdisc or None}


def _when(when: When | None) -> dict[str, Any] | None:
    return {"question": when.question, "codes": list(when.codes)} if when else None


def _label(label: Label) -> dict[str, str]:
    return {"en": label.en, "zh": label.zh}


def _exact(limit: Decimal | None) -> str | None:
    return None if limit is None else format(limit, "f")
