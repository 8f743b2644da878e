"""What the forms say about eligibility criteria: a proposal with its source, never an answer.

The investigator answers; a recorded answer that the forms contradict is asked about
(eligibility_checks.py). Clinical rules §1.2: I2, I3, E1, E3, E6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from patients.diagnosis_scores import Scores, viral_of
from patients.iaihg_simplified import meets
from patients.models import Answer
from patients.selectors import SCORE
from trial.protocol.casebook.diagnosis import FORM as DIAGNOSIS
from trial.protocol.crf import Facts, Person, Row
from trial.protocol.label import Label
from trial.protocol.truth import Truth, all_true, any_true

_TEST_DAYS = timedelta(days=7)
_VIRUSES = ("hav_igm", "hbsag", "anti_hcv", "hcv_rna", "hev_igm", "other_virus")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one criterion's forms say: `answer` None while they leave it open.

    `form`: the form it comes from; `why`: what it says there. `low` to `high` is what the
    simplified score may still come to, both None for other criteria.
    """

    criterion: str
    form: str
    answer: Answer | None
    why: Sequence[Label]
    low: int | None = None
    high: int | None = None

    @property
    def score(self) -> int | None:
        """The simplified score, None while anything of it is missing."""
        return self.low if self.low == self.high else None


@dataclass(frozen=True, slots=True)
class Backing:
    """Every proposal, by criterion; none where no form says anything."""

    proposals: Mapping[str, Proposal] = field(default_factory=dict)

    def contradicts(self, criterion: str, answer: Answer, value: int | None) -> bool:
        """Whether a decided answer, or the score beside it, is not what the forms say."""
        found = self.proposals.get(criterion)
        if found is None:
            return False
        if value is not None and found.low is not None and found.high is not None:
            return not found.low <= value <= found.high or _differs(found.answer, answer)
        return _differs(found.answer, answer)


def _differs(proposed: Answer | None, given: Answer) -> bool:
    """A woman who can't bear children answers I3 with yes or not applicable: both are met."""
    if proposed is None or given == Answer.UNKNOWN:
        return False
    met = {Answer.NOT_APPLICABLE: Answer.YES}
    return proposed != met.get(given, given)


def backing_of(facts: Facts, scores: Scores | None, minimum: int) -> Backing:
    """What the forms of a participant say; `scores` are those of the diagnosis form, if any."""
    diagnosis = next((row for row in facts.all("diagnosis") if not row.not_done), None)
    found: list[Proposal | None] = [_pregnancy(facts)]
    if diagnosis is not None:
        found += [_cancer(diagnosis, facts), _viruses(diagnosis), _thrombosis(diagnosis)]
    if scores is not None:
        found.append(_score(scores, minimum))
    return Backing({one.criterion: one for one in found if one is not None})


def _score(scores: Scores, minimum: int) -> Proposal:
    simplified = scores.simplified
    low, high = simplified.low, simplified.high
    text = Label(f"simplified score {low} to {high}", f"简化评分{low}至{high}分")
    if low == high:
        text = Label(f"simplified score {low}", f"简化评分{low}分")
    return Proposal(SCORE, "diagnosis", _inclusion(meets(simplified, minimum)), [text], low, high)


def _pregnancy(facts: Facts) -> Proposal | None:
    person = facts.person
    if person.sex != "F" or person.childbearing_potential is None:
        return None
    if person.childbearing_potential is False:
        why = Label("no childbearing potential", "无生育能力")
        return Proposal("I3", "pregnancy_test", Answer.YES, [why])
    tests = [row for row in facts.all("pregnancy_test") if row["tested_on"] and row["result"]]
    if not tests:
        return None
    newest = max(tests, key=lambda row: (row["tested_on"], row.number))
    return Proposal("I3", "pregnancy_test", _tested(newest, person), [_test_text(newest)])


def _tested(newest: Row, person: Person) -> Answer | None:
    """Of the newest test: a positive one decides, a negative one within a week before day 0;
    before day 0 is planned a negative one is taken as it is."""
    if newest["result"] == "positive":
        return Answer.NO
    on: date = newest["tested_on"]
    timely = person.day0_on is None or person.day0_on - _TEST_DAYS <= on <= person.day0_on
    return Answer.YES if newest["result"] == "negative" and timely else None


def _test_text(test: Row) -> Label:
    words = {
        "negative": ("negative", "阴性"),
        "positive": ("positive", "阳性"),
        "indeterminate": ("indeterminate", "不确定"),
    }
    english, chinese = words[test["result"]]
    on, until = test["tested_on"].isoformat(), (test["tested_on"] + _TEST_DAYS).isoformat()
    return Label(f"pregnancy test of {on} {english}; counts for a day 0 until {until}",
                 f"{on}妊娠试验{chinese}；第0天须不晚于{until}")  # fmt: skip


def _cancer(diagnosis: Row, facts: Facts) -> Proposal:
    """E1: a carcinoma or a malignancy of the history; none only with AFP and imaging."""
    history = [row["condition"] for row in facts.all("medical_history")
               if row["category"] == "malignancy"]  # fmt: skip
    lesion = diagnosis["lesion"]
    seen = {"hcc": True, "none": False, "benign": False}.get(lesion)
    excluded = all_true(diagnosis["afp"], None if seen is None else not seen)
    present = True if seen or history else (False if excluded else None)
    why = [*_said(diagnosis, "lesion"), *_said(diagnosis, "afp")]
    if history:
        why.append(Label("a malignancy in the medical history", "病史中有恶性肿瘤"))
    return Proposal("E1", "diagnosis", _exclusion(present), why)


def _viruses(diagnosis: Row) -> Proposal:
    why = [one for name in _VIRUSES for one in _said(diagnosis, name)]
    return Proposal("E3", "diagnosis", _exclusion(viral_of(diagnosis.values).present()), why)


def _thrombosis(diagnosis: Row) -> Proposal:
    states = {"active": True, "no": False, "old": False}
    names = ("portal_vein", "hepatic_veins")
    active = any_true(*(states.get(diagnosis[name]) for name in names))
    why = [one for name in names for one in _said(diagnosis, name)]
    return Proposal("E6", "diagnosis", _exclusion(active), why)


def _said(row: Row, name: str) -> list[Label]:
    """An answer of the diagnosis form with its question, in both languages."""
    question = DIAGNOSIS.question(name)
    value = row[name]
    if value is None or value == "":
        return []
    if isinstance(value, bool):
        answer = Label("yes", "是") if value else Label("no", "否")
    else:
        answer = question.code(value).label
    return [Label(f"{question.label.en}: {answer.en}", f"{question.label.zh}：{answer.zh}")]


def _inclusion(met: Truth) -> Answer | None:
    return None if met is None else (Answer.YES if met else Answer.NO)


def _exclusion(present: Truth) -> Answer | None:
    return _inclusion(present)
