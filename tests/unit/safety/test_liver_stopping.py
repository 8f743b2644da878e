"""Watching and stopping on both sides of each figure (clinical rules §6.3)."""

import pytest

from safety.liver_signals import LiverCourse
from safety.liver_stopping import Level, advise
from tests.unit.safety.builders import START, sample
from trial.protocol.safety import LiverStoppingParameters

PARAMETERS = LiverStoppingParameters()
# Limits: ALT 40, bilirubin 20.
NORMAL = sample(0, ALT="59", BILI="10")
ELEVATED = sample(0, ALT="60", BILI="15")


def advice(baseline, alt, bilirubin, symptoms):
    drawn = sample(28, ALT=alt, BILI=bilirubin)
    samples = [drawn] if baseline is None else [baseline, drawn]
    return advise(LiverCourse.of(START, samples), drawn, symptoms, PARAMETERS)


@pytest.mark.parametrize(
    ("baseline", "alt", "bilirubin", "symptoms", "expected"),
    [
        # baseline 1.475 × the upper limit: multiples of the upper limit
        (NORMAL, "320", "10", False, Level.STOP),
        (NORMAL, "319", "10", False, Level.WATCH),
        (NORMAL, "200", "10", False, Level.WATCH),
        (NORMAL, "199", "10", False, Level.NONE),
        (NORMAL, "120", "40", False, Level.STOP),
        (NORMAL, "119", "40", False, Level.NONE),
        (NORMAL, "120", "39.9", False, Level.NONE),
        (NORMAL, "120", "10", True, Level.STOP),
        (NORMAL, "119", "10", True, Level.NONE),
        # baseline 1.5 ×: multiples of the baseline, and U/L
        (ELEVATED, "300", "10", False, Level.STOP),  # 5 × the baseline
        (ELEVATED, "299", "10", False, Level.WATCH),
        (ELEVATED, "180", "10", False, Level.WATCH),  # 3 ×
        (ELEVATED, "179", "10", False, Level.NONE),
        (ELEVATED, "120", "30", False, Level.STOP),  # 2 × both
        (ELEVATED, "119", "30", False, Level.NONE),
        (ELEVATED, "120", "29.9", False, Level.NONE),
        (ELEVATED, "120", "10", True, Level.STOP),
        (ELEVATED, "119", "10", True, Level.NONE),
        # a baseline so high that U/L come first
        (sample(0, ALT="200", BILI="15"), "500", "10", False, Level.STOP),
        (sample(0, ALT="200", BILI="15"), "499", "10", False, Level.WATCH),
        (sample(0, ALT="200", BILI="15"), "300", "10", False, Level.WATCH),
        (sample(0, ALT="200", BILI="15"), "299", "10", False, Level.NONE),
        (sample(0, ALT="200", BILI="15"), "300", "30", False, Level.STOP),
        (sample(0, ALT="200", BILI="15"), "299", "30", False, Level.NONE),
        # open
        (NORMAL, "120", "10", None, None),
        (NORMAL, "120", "-", False, None),
        (NORMAL, "119", "-", None, Level.NONE),
        (NORMAL, "320", "-", None, Level.STOP),
        (NORMAL, "-", "10", True, None),
        (ELEVATED, "120", "-", False, None),
        # without a baseline an answer both sets give
        (None, "600", "10", False, Level.STOP),
        (None, "39", "10", False, None),
    ],
)
def test_advice(baseline, alt, bilirubin, symptoms, expected):
    assert advice(baseline, alt, bilirubin, symptoms).level is expected


def test_which_set_holds():
    assert advice(NORMAL, "30", "10", False).elevated is False
    assert advice(ELEVATED, "30", "10", False).elevated is True
    assert advice(None, "30", "10", False).elevated is None
