"""Frozen versions: a digest that no way of keeping JSON changes, and what two differ in."""

import json

from safety.e2b_report import Element, Missing, Result
from safety.versions import differences, digest_of, frozen, lines_of, missing_of


def version(*elements, missing=()):
    return frozen(Result(elements, tuple(missing)), {"participant": "01-0018"})


def test_the_digest_does_not_depend_on_the_order_of_keys_or_the_way_of_writing():
    content = version(Element("H.1", "发热"), missing=[Missing("E.i.2.1b", (1,))])
    again = json.loads(json.dumps(dict(reversed(content.items())), ensure_ascii=True, indent=2))
    assert digest_of(again) == digest_of(content)


def test_any_other_value_is_another_digest():
    first = version(Element("H.1", "Fever"))
    for other in (version(Element("H.1", "Fever.")), version(Element("H.1", null="NI")),
                  version(Element("H.1", "Fever", at=(1,)))):  # fmt: skip
        assert digest_of(other) != digest_of(first)


def test_what_is_read_is_what_was_frozen():
    content = version(Element("E.i.7", "5", at=(1,)), Element("D.1", null="MSK"),
                      missing=[Missing("E.i.2.1b", (1,))])  # fmt: skip
    assert [(one.id, one.place, one.text) for one in lines_of(content)] == [
        ("E.i.7", "1", "5"), ("D.1", "", "MSK"),
    ]  # fmt: skip
    (missing,) = missing_of(content)
    assert missing.name == "Reaction / Event (MedDRA code)"


def test_what_is_added_changed_and_gone_is_told_apart():
    older = version(Element("H.1", "a"), Element("D.9.1", "2026"), Element("D.5", "2"))
    newer = version(Element("H.1", "b"), Element("E.i.7", "5", at=(1,)), Element("D.5", "2"))
    found = {one.id: (one.before, one.after) for one in differences(older, newer)}
    assert found == {"H.1": ("a", "b"), "E.i.7": ("", "5"), "D.9.1": ("2026", "")}


def test_when_a_version_was_made_is_no_difference():
    older = version(Element("C.1.2", "20260301"), Element("C.1.5", "20260301"))
    newer = version(Element("C.1.2", "20260302"), Element("C.1.5", "20260302"))
    assert differences(older, newer) == []


def test_an_element_that_this_list_does_not_know_keeps_its_number():
    (line,) = lines_of({"elements": [["Z.9", [], "x", ""]]})
    assert line.name == "Z.9"
