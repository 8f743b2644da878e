"""CTCAE 5 grades: the vectors of clinical rules §6.2, both sides of each limit, what is open."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety import spans
from safety.ctcae import (
    CTCAE_5,
    DICTIONARIES,
    Basis,
    Condition,
    Dictionary,
    Term,
    from_first,
    ladder,
)
from safety.toxicity import Facts, baseline_abnormal, grade, grades, nadir
from tests.unit.safety.builders import result
from trial.protocol.dictionary import ANALYTES
from trial.protocol.safety import SafetyParameters


def graded(code, facts):
    return grade(CTCAE_5, CTCAE_5.term(code), facts)


def facts_of(code, text, *, lower=None, upper=None, baseline=None, **answers):
    """Facts with the same range for the result and its baseline."""
    analyte = CTCAE_5.term(code).analyte
    return Facts(
        result(analyte, text, lower, upper),
        None if baseline is None else result(analyte, baseline, lower, upper),
        **answers,
    )


# --- the published vectors of §6.2 --------------------------------------------------------------

ALT = "40→0, 40.1→1, 120→1, 121→2, 200→2, 201→3, 800→3, 801→4"
BILI = "21→0, 31.5→1, 31.6→2, 63→2, 63.1→3, 210→3, 210.1→4"
ALB = "40→0, 39→1, 30→1, 29.9→2, 20→2, 19.9→3, 1→3"
INR = "1.2→0, 1.3→1, 1.5→1, 1.6→2, 2.5→2, 2.6→3, 20→3"
PLAT = "125→0, 124→1, 75→1, 74→2, 50→2, 49→3, 25→3, 24→4"


def rows(code, text, **ranges):
    return [(code, *part.strip().split("→"), ranges) for part in text.split(",")]


VECTORS = [
    *rows("ALT_UP", ALT, upper="40", baseline="30"),
    *rows("AST_UP", ALT, upper="40", baseline="40"),
    *rows("BILI_UP", BILI, upper="21", baseline="18"),
    *rows("ALB_DOWN", ALB, lower="40"),
    *rows("INR_UP", INR, anticoagulated=False),
    *rows("PLAT_DOWN", PLAT, lower="125"),
]
# Both sides of every limit that the vectors leave out.
LIMITS = [
    # baseline abnormal: multiples of the baseline, grade 1 from 1.5 × it
    *rows("ALT_UP", "149.9→0, 150→1, 300→1, 300.1→2, 500→2, 500.1→3, 2000→3, 2000.1→4",
          upper="40", baseline="100"),
    *rows("AST_UP", "149.9→0, 150→1, 300→1, 300.1→2, 500→2, 500.1→3, 2000→3, 2000.1→4",
          upper="40", baseline="100"),
    *rows("BILI_UP", "21→0, 21.1→1", upper="21", baseline="21"),
    *rows("BILI_UP", "21→0, 40→0, 40.1→1, 60→1, 60.1→2, 120→2, 120.1→3, 400→3, 400.1→4",
          upper="21", baseline="40"),
    *rows("ALP_UP", "120→0, 121→1, 300→1, 301→2, 600→2, 601→3, 2400→3, 2401→4",
          upper="120", baseline="120"),
    *rows("ALP_UP", "399→0, 400→1, 500→1, 501→2, 1000→2, 1001→3, 4000→3, 4001→4",
          upper="120", baseline="200"),
    *rows("GGT_UP", "60→0, 61→1, 150→1, 151→2, 300→2, 301→3, 1200→3, 1201→4",
          upper="60", baseline="50"),
    *rows("GGT_UP", "199→0, 200→1, 250→1, 251→2, 500→2, 501→3, 2000→3, 2001→4",
          upper="60", baseline="100"),
    *rows("INR_UP", "2→0, 2.1→1, 3→1, 3.1→2, 5→2, 5.1→3", baseline="2", anticoagulated=True),
    # creatinine: by the baseline (50) or by the upper limit (100)
    *rows("CREAT_UP", "75→0, 75.1→2, 150→2, 150.1→3, 600→3, 600.1→4", upper="100", baseline="50"),
    *rows("CREAT_UP", "100→0, 100.1→1, 150→1, 150.1→2, 300→2, 300.1→3, 600→3, 600.1→4",
          upper="100", baseline="100"),
    *rows("HGB_DOWN", "130→0, 129→1, 100→1, 99→2, 80→2, 79→3", lower="130"),
    *rows("HGB_UP", "175→0, 175.1→1, 195→1, 195.1→2, 215→2, 215.1→3", upper="175"),
    *rows("WBC_DOWN", "3.5→0, 3.4→1, 3.0→1, 2.9→2, 2.0→2, 1.9→3, 1.0→3, 0.9→4", lower="3.5"),
    *rows("NEUT_DOWN", "1.8→0, 1.7→1, 1.5→1, 1.4→2, 1.0→2, 0.9→3, 0.5→3, 0.4→4", lower="1.8"),
    *rows("LYM_DOWN", "1.1→0, 1.0→1, 0.8→1, 0.7→2, 0.5→2, 0.4→3, 0.2→3, 0.1→4", lower="1.1"),
    *rows("WBC_UP", "100→0, 100.1→3"),
    *rows("SODIUM_DOWN", "137→0, 136→1, 130→1, 129.9→2, 125→2, 124.9→3, 120→3, 119.9→4",
          lower="137", symptomatic=False),
    *rows("SODIUM_DOWN", "137→0, 136→1, 130→1, 129.9→3, 125→3, 120→3, 119.9→4",
          lower="137", symptomatic=True),
    *rows("SODIUM_UP", "147→0, 147.1→1, 150→1, 150.1→2, 155→2, 155.1→3, 160→3, 160.1→4",
          upper="147"),
    *rows("GLUC_DOWN", "3.9→0, 3.8→1, 3.0→1, 2.9→2, 2.2→2, 2.1→3, 1.7→3, 1.6→4", lower="3.9"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text", "expected", "given"), VECTORS + LIMITS)
def test_a_grade(code, text, expected, given):
    found = graded(code, facts_of(code, text, **given))
    assert found.grade == found.low == found.high == int(expected)
    assert found.missing == ()
    assert (found.term, found.version) == (code, "5.0")


def edge(bound, given):
    """Where a bound lies for one row of the table."""
    basis = {"unit": "1", "upper_limit": given.get("upper"), "lower_limit": given.get("lower")}
    per = basis.get(bound.basis.value, given.get("baseline"))
    return None if per is None else Decimal(per) * bound.factor + bound.plus


def column_of(term, code, text, given):
    """The steps that a row of the table goes through."""
    met = {
        None: False,
        Condition.BASELINE_ABNORMAL: baseline_abnormal(facts_of(code, text, **given).baseline),
        Condition.ANTICOAGULATED: given.get("anticoagulated"),
        Condition.SYMPTOMATIC: given.get("symptomatic"),
    }[term.condition]
    return term.steps_if if met else term.steps


@pytest.mark.parametrize("term", CTCAE_5.terms, ids=lambda term: term.code)
def test_every_limit_of_every_term_is_tried_on_it_and_beside_it(term):
    for steps in filter(None, (term.steps, term.steps_if)):
        tried = [
            (Decimal(text), int(grade_), given)
            for code, text, grade_, given in VECTORS + LIMITS
            if code == term.code and column_of(term, code, text, given) is steps
        ]
        for step in steps:
            assert {one[1] >= step.grade for one in tried} == {True, False}
            for bound in step.bounds:
                on = {one[1] >= step.grade for one in tried if one[0] == edge(bound, one[2])}
                assert bound.inclusive in on, (step.grade, bound)


# --- a second implementation --------------------------------------------------------------------


def naive(value, ups, per):
    """The grade by counting the limits passed, with fractions."""
    return sum(Fraction(value) > Fraction(up) * Fraction(per) for up in ups)


tenths = st.integers(min_value=1, max_value=30_000).map(lambda n: Decimal(n) / 10)


@given(value=tenths, baseline=tenths, upper=st.integers(min_value=20, max_value=60))
def test_transaminases_against_counting(value, baseline, upper):
    found = graded(
        "ALT_UP", facts_of("ALT_UP", str(value), upper=str(upper), baseline=str(baseline))
    )
    if baseline <= upper:
        expected = naive(value, ["1", "3", "5", "20"], upper)
    else:
        expected = naive(value, ["3", "5", "20"], baseline)
        expected += Fraction(value) >= Fraction(3, 2) * Fraction(baseline)
    assert found.grade == expected


@given(value=tenths, baseline=tenths, upper=st.integers(min_value=50, max_value=110))
def test_creatinine_against_counting(value, baseline, upper):
    found = graded(
        "CREAT_UP", facts_of("CREAT_UP", str(value), upper=str(upper), baseline=str(baseline))
    )
    share, more = Fraction(value) / upper, Fraction(value) / Fraction(baseline)
    if share > 6:
        expected = 4
    elif share > 3 or more > 3:
        expected = 3
    elif share > Fraction(3, 2) or more > Fraction(3, 2):
        expected = 2
    else:
        expected = int(share > 1)
    assert found.grade == expected


@given(
    code=st.sampled_from([term.code for term in CTCAE_5.terms]),
    values=st.tuples(tenths, tenths),
    baseline=tenths,
    answer=st.booleans(),
)
def test_worse_values_never_get_a_lower_grade(code, values, baseline, answer):
    answers = {"anticoagulated": answer, "symptomatic": answer, "baseline": str(baseline)}
    low, high = (
        graded(code, facts_of(code, str(value), lower="137", upper="150", **answers)).grade
        for value in sorted(values)
    )
    assert low <= high if CTCAE_5.term(code).direction == "up" else low >= high


@given(
    code=st.sampled_from([term.code for term in CTCAE_5.terms]),
    value=tenths,
    upper=tenths,
    baseline=tenths,
    answer=st.booleans(),
    hidden=st.sets(st.sampled_from(["lower", "upper", "baseline", "answer", "baseline_upper"])),
    mark=st.sampled_from(["", "<", "<=", ">", ">="]),
    shift=tenths,
)
def test_what_is_not_known_only_widens(code, value, upper, baseline, answer, hidden, mark, shift):
    """The grade of the whole truth lies within the bounds of any part of it."""
    analyte = CTCAE_5.term(code).analyte
    lower = str(upper / 2)
    truth = facts_of(
        code,
        str(value),
        lower=lower,
        upper=str(upper),
        baseline=str(baseline),
        anticoagulated=answer,
        symptomatic=answer,
    )
    # A censored report that the true value fits.
    bound = {"<": value + shift, "<=": value, ">=": value, ">": max(value - shift, Decimal(0))}
    if mark == ">" and shift > value:
        mark = ""
    text = f"{mark}{bound.get(mark, value)}"
    known = Facts(
        result(
            analyte,
            text,
            None if "lower" in hidden else lower,
            None if "upper" in hidden else str(upper),
        ),
        None
        if "baseline" in hidden
        else result(
            analyte, str(baseline), upper=None if "baseline_upper" in hidden else str(upper)
        ),
        anticoagulated=None if "answer" in hidden else answer,
        symptomatic=None if "answer" in hidden else answer,
    )
    found, full = graded(code, known), graded(code, truth)
    assert found.low <= full.grade <= found.high
    assert (found.grade is None) == (found.low < found.high) == bool(found.missing)


# --- what is missing ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "facts", "low", "high", "missing"),
    [
        # §6.2: a missing baseline gives no grade, it is asked for
        ("ALT_UP", facts_of("ALT_UP", "200", upper="40"), 0, 4, ("baseline",)),
        ("ALT_UP", Facts(None, result("ALT", "30", upper="40")), 0, 4, ("value",)),
        # a term without numbers for grade 4 can't come to it
        ("INR_UP", Facts(None), 0, 3, ("value",)),
        ("ALB_DOWN", Facts(None), 0, 3, ("value",)),
        ("ALT_UP", Facts(result("ALT", "NaN"), None), 0, 4, ("value",)),
        # the baseline is normal, but normal of which laboratory?
        (
            "ALT_UP",
            Facts(result("ALT", "200"), result("ALT", "30", upper="40")),
            0,
            4,
            ("upper_limit",),
        ),
        # both columns: 2 × and 5 × the upper limit, and the same of the baseline
        (
            "ALT_UP",
            Facts(result("ALT", "200", upper="40"), result("ALT", "100")),
            1,
            2,
            ("baseline_upper_limit",),
        ),
        ("CREAT_UP", facts_of("CREAT_UP", "90", upper="100"), 0, 3, ("baseline",)),
        ("CREAT_UP", facts_of("CREAT_UP", "301", upper="100"), 3, 3, ()),
        ("CREAT_UP", Facts(result("CREAT", "151"), result("CREAT", "50")), 3, 4, ("upper_limit",)),
        ("ALB_DOWN", facts_of("ALB_DOWN", "35"), 0, 1, ("lower_limit",)),
        ("ALB_DOWN", facts_of("ALB_DOWN", "29"), 2, 2, ()),
        ("INR_UP", facts_of("INR_UP", "1.4", baseline="1.3"), 1, 1, ()),
        ("INR_UP", facts_of("INR_UP", "1.6", baseline="1.3"), 1, 2, ("anticoagulated",)),
        ("INR_UP", facts_of("INR_UP", "1.6", anticoagulated=True), 0, 3, ("baseline",)),
        ("INR_UP", facts_of("INR_UP", "1.6", anticoagulated=False), 2, 2, ()),
        ("SODIUM_DOWN", facts_of("SODIUM_DOWN", "127", lower="137"), 2, 3, ("symptomatic",)),
        ("SODIUM_DOWN", facts_of("SODIUM_DOWN", "124", lower="137"), 3, 3, ()),
        ("PLAT_DOWN", facts_of("PLAT_DOWN", "<50", lower="125"), 3, 4, ("censored",)),
        ("PLAT_DOWN", facts_of("PLAT_DOWN", "<=50", lower="125"), 2, 4, ("censored",)),
        ("PLAT_DOWN", facts_of("PLAT_DOWN", "<25", lower="125"), 4, 4, ()),
        ("ALT_UP", facts_of("ALT_UP", ">200", upper="40", baseline="30"), 3, 4, ("censored",)),
        ("ALT_UP", facts_of("ALT_UP", "<5", upper="40", baseline="30"), 0, 0, ()),
        ("ALT_UP", facts_of("ALT_UP", "700", upper="40", baseline=">100"), 0, 3, ("censored",)),
    ],
)  # fmt: skip
def test_what_is_open(code, facts, low, high, missing):
    found = graded(code, facts)
    assert (found.low, found.high, found.missing) == (low, high, missing)
    assert found.grade == (low if low == high else None)


def test_a_baseline_on_its_upper_limit_is_normal():
    assert baseline_abnormal(result("ALT", "40", upper="40")) is False
    assert baseline_abnormal(result("ALT", "40.1", upper="40")) is True
    assert baseline_abnormal(result("ALT", ">40", upper="40")) is True
    assert baseline_abnormal(result("ALT", ">=40", upper="40")) is None
    assert baseline_abnormal(result("ALT", "40.1")) is None
    assert baseline_abnormal(None) is None


def test_a_baseline_of_another_laboratory_is_judged_by_its_own_limit():
    """ALT 45 is normal where the limit is 50, abnormal where it is 40."""
    value = result("ALT", "130", upper="40")
    assert graded("ALT_UP", Facts(value, result("ALT", "45", upper="50"))).grade == 2
    assert graded("ALT_UP", Facts(value, result("ALT", "45", upper="40"))).grade == 1


# --- the pitfall --------------------------------------------------------------------------------


def test_a_flare_that_a_high_baseline_hides_shows_in_the_multiples():
    """§6.2: baseline 200, nadir 30, flare 250 = 6 × the upper limit, but grade 0."""
    lowest = nadir([result("ALT", "120"), None, result("ALT", "30"), result("ALT", "90")])
    upper = Decimal(250) / 6
    facts = Facts(
        result("ALT", "250", upper=str(upper)), result("ALT", "200", upper=str(upper)), lowest
    )
    found = graded("ALT_UP", facts)
    assert found.grade == 0
    assert round(found.times_upper.exact, 6) == 6
    assert found.times_baseline.exact == Decimal("1.25")
    assert round(found.times_nadir.exact, 6) == Decimal("8.333333")


def test_multiples_of_what_is_not_known_are_not_given():
    found = graded("ALT_UP", Facts(result("ALT", "250")))
    assert found.times_upper is found.times_baseline is found.times_nadir is None
    assert graded("ALT_UP", Facts(None)).times_upper is None


def test_a_censored_nadir_gives_a_least_multiple():
    lowest = nadir([result("ALT", "60"), result("ALT", "<50")])
    found = graded("ALT_UP", Facts(result("ALT", "250", upper="40"), None, lowest))
    assert (found.times_nadir.low, found.times_nadir.high) == (5, None)
    assert spans.greater(found.times_nadir, spans.point(Decimal(5))) is True
    assert nadir([None]) is None


# --- the dictionary -----------------------------------------------------------------------------


def test_terms_are_of_the_laboratory_dictionary_and_in_its_units():
    units = {analyte.code: analyte.canonical_unit.code for analyte in ANALYTES}
    assert {term.code: term.unit for term in CTCAE_5.terms} == {
        term.code: units[term.analyte] for term in CTCAE_5.terms
    }
    assert len({term.code for term in CTCAE_5.terms}) == len(CTCAE_5.terms) == 18


@pytest.mark.parametrize("analyte", ["IGG", "GLOBG", "GLOBGPT", "PREALB", "PT", "PTA"])
def test_analytes_without_numbers_have_no_term(analyte):
    assert grades(CTCAE_5, analyte, Facts(None)) == ()


def test_sodium_is_graded_both_ways():
    found = grades(CTCAE_5, "SODIUM", facts_of("SODIUM_UP", "151", lower="137", upper="147"))
    assert [(one.term, one.grade) for one in found] == [("SODIUM_DOWN", 0), ("SODIUM_UP", 2)]


def test_a_result_of_another_analyte_is_refused():
    with pytest.raises(ValueError, match="does not grade"):
        graded("ALT_UP", Facts(result("AST", "30")))
    with pytest.raises(ValueError, match="does not grade"):
        graded("ALT_UP", Facts(result("ALT", "30"), result("AST", "30")))


def test_an_unknown_term_is_refused():
    with pytest.raises(KeyError):
        CTCAE_5.term("GLUC_UP")


def test_the_protocols_version_is_there():
    assert DICTIONARIES[SafetyParameters().ctcae_version] is CTCAE_5


def test_another_version_is_other_data():
    """§6.2: version 6 grades ALT from an abnormal baseline 1.0–1.5, >1.5–2, >2–4, >4 × it."""
    six = Dictionary(
        "6.0",
        (
            Term(
                "ALT_UP",
                "Alanine aminotransferase increased",
                "ALT",
                "U/L",
                "up",
                ladder(Basis.UPPER, "1", "3", "5", "20"),
                Condition.BASELINE_ABNORMAL,
                from_first(Basis.BASELINE, "1", "1.5", "2", "4"),
            ),
        ),
    )
    (flare,) = grades(six, "ALT", facts_of("ALT_UP", "250", upper="40", baseline="200"))
    assert (flare.version, flare.grade) == ("6.0", 1)
