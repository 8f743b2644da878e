"""The text of a PDF, without the spaces and breaks that the page's lines put in."""

import io
import re

import pypdf


def plain(text: str) -> str:
    return re.sub(r"\s+", "", text)


def text_of(data: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(data))
    return plain("".join(page.extract_text() for page in reader.pages))


def bookmarks(data: bytes) -> list[str]:
    """The titles of a document's outline, those below each among them."""
    found: list[str] = []

    def take(items) -> None:
        for item in items:
            if isinstance(item, list):
                take(item)
            else:
                found.append(item.title)

    take(pypdf.PdfReader(io.BytesIO(data)).outline)
    return found
