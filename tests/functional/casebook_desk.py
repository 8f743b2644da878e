"""A person at the casebook's pages with a keyboard: answers are typed, Ctrl+Enter saves."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.factories import study
from trial.crf.forms import FEW
from trial.protocol.casebook.forms import BY_CODE
from trial.protocol.crf import Form, Question, Section

CLOCK = "%Y-%m-%d %H:%M"
NOTHING: Mapping[str, str] = MappingProxyType({})


class Desk:
    """The pages of one participant, in the browser of whoever sits there; keeps which kinds of form
    were filled in. `new_context` is the fixture of that name: everybody has a browser of their own.
    """

    def __init__(self, new_context: Callable[[], BrowserContext], server: str) -> None:
        self.new_context, self.server, self.code = new_context, server, ""
        self.pages: dict[str, Page] = {}
        self.filled: set[str] = set()
        self.problems: list[str] = []

    def be(self, username: str) -> None:
        """Somebody else sits down; signs in the first time."""
        if username not in self.pages:
            self.pages[username] = self._signed_in(username)
        self.page = self.pages[username]

    def _signed_in(self, username: str) -> Page:
        page = self.new_context().new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(f"{self.server}/accounts/login/")
        page.get_by_label("User name").fill(username)
        page.get_by_label("Password").fill(study.PASSWORD)
        page.get_by_label("Password").press("Enter")
        page.wait_for_url(lambda address: "login" not in address)
        return page

    def go(self, path: str) -> None:
        """A page of the participant."""
        self.page.goto(f"{self.server}/participants/{self.code}/{path}")

    def shows(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.locator("main")).to_contain_text(text)

    # --- forms ------------------------------------------------------------------------------------
    def line(self, code: str, answers: Mapping[str, Any], why: Mapping[str, str] = NOTHING) -> int:
        """A new line: its first section opens it, the others follow on its page. Its number.

        `why`: what is said, by section, to what a check asks about it.
        """
        form = BY_CODE[code]
        first, *others = form.sections
        self.go(f"casebook/{code}/new/")
        self._type(form, first, answers)
        self._store()
        self.page.wait_for_url(re.compile(rf"/casebook/{code}/[0-9]+/$"))
        self._sections(form, others, answers, why)
        return int(self.page.url.rstrip("/").rpartition("/")[2])

    def sheet(self, code: str, answers: Mapping[str, Any]) -> None:
        """The one sheet of a form about the person."""
        self.go(f"casebook/{code}/1/")
        self._sections(BY_CODE[code], BY_CODE[code].sections, answers)

    def at_visit(self, code: str, answers: Mapping[str, Any]) -> None:
        """A form of the visit whose forms are open."""
        self._sections(BY_CODE[code], BY_CODE[code].sections, answers)

    def section(self, code: str, section: str) -> Locator:
        return self.page.locator(f"#section-{code}-{section}")

    def save(self, code: str, section: str, answers: Mapping[str, Any]) -> Locator:
        """One section typed and sent; what the page says to it is the caller's affair."""
        form = BY_CODE[code]
        self._type(form, form.section(section), answers)
        self._store()
        return self.section(code, section)

    def explain(self, code: str, section: str, why: str) -> None:
        """What a check asks about a section is answered where the focus is put."""
        field = self.section(code, section).get_by_label("Why it is right")
        expect(field).to_be_focused()
        field.fill(why)
        self._store()

    def correct(self, code: str, section: str, answers: Mapping[str, Any], why: str) -> None:
        """Stored answers of the open sheet are changed, with the reason that this needs."""
        form = BY_CODE[code]
        self._type(form, form.section(section), answers)
        part = self.section(code, section)
        part.get_by_label("Why is it changed?").fill(why)
        self._store()
        expect(part.locator("[data-said]")).to_have_text("stored")
        expect(part.locator("[data-reason]")).to_be_hidden()

    def _sections(
        self, form: Form, sections: Iterable[Section], answers: Mapping[str, Any],
        why: Mapping[str, str] = NOTHING,
    ) -> None:  # fmt: skip
        for section in sections:
            if any(one.name in answers for one in section.questions):
                self._type(form, section, answers)
                self._store()
                if section.code in why:
                    self.explain(form.code, section.code, why[section.code])
                said = self.section(form.code, section.code).locator("[data-said]")
                expect(said).to_have_text("stored")

    def _type(self, form: Form, section: Section, answers: Mapping[str, Any]) -> None:
        self.filled.add(form.code)
        part = self.section(form.code, section.code)
        for question in section.questions:
            if question.name in answers:
                field = part.locator(f"[data-question={question.name}]")
                self._answer(field, question, answers[question.name])

    def _answer(self, field: Locator, question: Question, value: Any) -> None:
        if question.kind == "tick":
            field.locator("input[type=checkbox]").press("Space")
        elif question.kind == "yes_no" or (
            question.kind == "choice" and len(question.codes) <= FEW
        ):
            field.locator(f"input[value='{_text(value)}']").press("Space")
        elif question.kind in ("choice", "line"):
            field.locator("select").select_option(_text(value))
        elif question.kind == "note":
            field.locator("textarea").fill(value)
        else:
            field.locator("input").first.fill(_text(value))

    def _store(self) -> None:
        self.page.keyboard.press("Control+Enter")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime(CLOCK)
    return value.isoformat() if isinstance(value, date) else str(value)
