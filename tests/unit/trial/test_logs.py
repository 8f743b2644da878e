"""What a log line holds, and what it must not."""

import io
import json
import logging

import pytest
import structlog

from trial import logs


@pytest.fixture
def line():
    """`line(name, event, **values)`: what production writes for it, read back."""

    def write(name, event, **values):
        formatter = logs.configure(level="info", plain=False)["formatters"]["lines"].copy()
        handler = logging.StreamHandler(io.StringIO())
        handler.setFormatter(formatter.pop("()")(**formatter))
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel("INFO")
        try:
            structlog.get_logger(name).info(event, **values)
        finally:
            logger.removeHandler(handler)
        return json.loads(handler.stream.getvalue())

    return write


def test_line_is_an_object_with_time_level_and_logger(line):
    written = line("labs.test", "evaluated", participants=3)
    assert written["event"] == "evaluated"
    assert written["participants"] == 3
    assert written["level"] == "info"
    assert written["logger"] == "labs.test"
    assert written["timestamp"].endswith("Z")


def test_search_text_of_an_address_is_not_kept(line):
    written = line("trial.test", "request_started", request="GET /participants/?q=Wang+Li")
    assert written["request"] == "GET /participants/"


def test_chinese_text_stays_readable(line):
    assert line("trial.test", "站点")["event"] == "站点"


def test_level_is_that_of_the_environment():
    assert logs.configure(level="warning", plain=True)["loggers"]["trial"] == {"level": "WARNING"}
