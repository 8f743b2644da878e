"""A page as a browser would read it: its elements, their attributes, its forms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

TYPED = ("text", "search", "textarea", "email", "password", "number", "hidden")


@dataclass
class Element:
    """An element with its attributes, and its own text where that is not markup."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Form:
    """A form: where it is sent, and each control with what it holds."""

    method: str
    action: str
    values: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        """The controls in which somebody writes."""
        return [
            name
            for name, kind in self.kinds.items()
            if kind in ("text", "search", "textarea", "email") and name != "csrfmiddlewaretoken"
        ]


class Page(HTMLParser):
    """The elements and forms of an HTML text."""

    def __init__(self, html: str, address: str = "/") -> None:
        super().__init__(convert_charrefs=True)
        self.address = address
        self.elements: list[Element] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._open = ""  # the textarea or select that is open
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append(Element(tag, given))
        if tag == "form":
            action = urljoin(self.address, given.get("action") or self.address)
            self._form = Form(given.get("method", "get").lower(), urlsplit(action).path)
            self.forms.append(self._form)
        elif self._form is not None:
            self._control(tag, given)

    def _control(self, tag: str, given: Mapping[str, str]) -> None:
        assert self._form is not None
        name = given.get("name", "")
        if tag == "option" and self._open:
            if "selected" in given or self._open not in self._form.values:
                self._form.values[self._open] = given.get("value", "")
        elif name and tag in ("input", "textarea", "select"):
            kind = given.get("type", "text") if tag == "input" else tag
            self._form.kinds[name] = kind
            if tag == "select":
                self._open = name
            elif tag == "textarea":
                self._open = name
                self._form.values[name] = ""
            elif kind not in ("radio", "checkbox") or "checked" in given:
                self._form.values[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag in ("textarea", "select"):
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self.elements:
            self.elements[-1].text += data
        if self._form is not None and self._open and self._form.kinds[self._open] == "textarea":
            self._form.values[self._open] += data.removeprefix("\n")

    def links(self) -> Iterator[str]:
        """Every address the page leads to."""
        for element in self.elements:
            for name in ("href", "src", "hx-get"):
                if element.attributes.get(name):
                    yield urljoin(self.address, element.attributes[name])
