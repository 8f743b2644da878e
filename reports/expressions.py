"""What the code knows about an exported row, as SQL expressions: one source for every format."""

import json
from collections.abc import Mapping

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Expression,
    F,
    Func,
    JSONField,
    Q,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat
from django.db.models.lookups import Exact, IsNull

from labs.assessment import OUTCOMES as BY_RULE
from labs.evaluate import ALGORITHM
from labs.meld import FORMULAS as COMPUTABLE
from trial.protocol import registry
from trial.protocol.allocation import stratum
from trial.protocol.analytes import Analyte


def evaluated_by(algorithm: str) -> Q:
    """Rows whose newest inputs this algorithm has evaluated."""
    return Q(algorithms__contains=[algorithm])


EVALUATED = evaluated_by(ALGORITHM)
VERSIONS = tuple(registry.get(number) for number in registry.numbers())
FORMULAS = tuple(
    name for name in COMPUTABLE if any(name in v.endpoints.meld_formulas for v in VERSIONS)
)
RULES = tuple(BY_RULE)
OUTCOMES = tuple({word: None for words in BY_RULE.values() for word in words})
# A later version's word goes before an earlier one's; a test shows that they don't contradict.
ANALYTES: Mapping[str, Analyte] = {a.code: a for version in VERSIONS for a in version.analytes}
VISITS = tuple({visit.code: None for version in VERSIONS for visit in version.visits})


def status(empty: Q, word: str) -> Case:
    """PENDING until the current inputs are evaluated, `word` where `empty` holds, else FINAL."""
    return Case(
        When(~EVALUATED, then=Value("PENDING")),
        When(empty, then=Value(word)),
        default=Value("FINAL"),
        output_field=CharField(),
    )


def current(name: str) -> Case:
    """A stored column, null while its evaluation waits."""
    return Case(When(EVALUATED, then=F(name)))


def by_analyte(words: Mapping[str, str]) -> Expression:
    """A word of the protocol for the row's analyte."""
    return lookup(words, F("analyte"))


def by_unit(words: Mapping[tuple[str, str], str]) -> Expression:
    """A word of the protocol for the row's analyte in the unit it was entered in."""
    flat = {f"{analyte}|{unit}": word for (analyte, unit), word in words.items()}
    return lookup(flat, Concat(F("analyte"), Value("|"), Coalesce(F("unit"), Value(""))))


def lookup(words: Mapping[str, str], key: Expression | F) -> Expression:
    """`words[key]` in SQL, null where there is none: one JSON constant, looked up per row."""
    table = Cast(Value(json.dumps(words, ensure_ascii=False)), JSONField())
    return Lookup(table, key)


class Lookup(Func):
    """`jsonb ->> text`."""

    template = "(%(expressions)s)"
    arg_joiner = " ->> "
    output_field = CharField()


ANALYTE_NAMES = {code: analyte.name.en for code, analyte in ANALYTES.items()}
CANONICAL_UNITS = {code: analyte.canonical_unit.code for code, analyte in ANALYTES.items()}
LOINC = {(a.code, unit): code for a in ANALYTES.values() for unit, code in a.loinc.items()}
UCUM = {(a.code, unit.code): unit.ucum for a in ANALYTES.values() for unit in a.units}

# What stratum() puts behind the site, for each protocol and disease status.
_GROUP = {
    f"{version.number}|{state}": stratum("", group.code)
    for version in VERSIONS
    for state, group in version.allocation.by_state.items()
}
_GROUP_NOW = lookup(_GROUP, Concat(F("protocol_version"), Value("|"), F("disease_status_now")))
STRATUM_NOW = Case(
    When(IsNull(_GROUP_NOW, False), then=Concat(F("site"), _GROUP_NOW)), output_field=CharField()
)
STRATUM_DIFFERS = Case(
    When(IsNull(_GROUP_NOW, True), then=Value(None)),
    When(Exact(F("stratum"), STRATUM_NOW), then=Value(False)),
    default=Value(True),
    output_field=BooleanField(),
)
