"""A picture of a slide as it was sent, and what of it may be kept: its pixels and nothing else.

A file of a slide scanner or microscope says more than it shows: who scanned what, when, the label
with a participant's number, a small picture of the whole slide, text that came along. And a file
may be two things at once. So a picture is decoded and written anew from its pixels alone. What is
painted into the pixels no program can find: whoever adds a picture looks at it and says so.
"""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image, ImageOps

MAX_BYTES = 8_000_000
MAX_KEPT_BYTES = 24_000_000  # a picture without losses may be larger than the file it came in
MAX_PIXELS = 25_000_000
LEAST_SIDE = 200
_QUALITY = 95


class Fault(StrEnum):
    """Why a file is not taken."""

    TOO_LARGE = "too_large"
    NO_PICTURE = "no_picture"
    OTHER_NAME = "other_name"
    DAMAGED = "damaged"
    SEVERAL = "several"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"
    COLOURS = "colours"


class SlideError(ValueError):
    """A file that is not taken; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Picture:
    """What is kept of a file. `source_sha256` is the hash of the file as it came."""

    data: bytes
    media: str
    width: int
    height: int
    source_sha256: str

    @property
    def sha256(self) -> str:
        """The hash of what is kept."""
        return hashlib.sha256(self.data).hexdigest()


_MAGIC: Mapping[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
}
_NAMES: Mapping[str, str] = {
    "png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "tif": "TIFF", "tiff": "TIFF",
}  # fmt: skip
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")


def picture_of(data: bytes, name: str) -> Picture:
    """The picture in a file called `name`, made anew from its pixels; the same pixels give the
    same bytes.

    Raises SlideError for a file that is too large, is no JPEG, PNG or TIFF, is called something
    else than it is, holds several pictures or more pixels than anybody needs, or can't be decoded.
    """
    if len(data) > MAX_BYTES:
        raise SlideError(Fault.TOO_LARGE)
    kind = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)
    if kind is None:
        raise SlideError(Fault.NO_PICTURE)
    if _NAMES.get(name.rpartition(".")[2].lower()) != kind:
        raise SlideError(Fault.OTHER_NAME)
    pixels = _decoded(data, kind)
    media, kept = _encoded(pixels, kind)
    if len(kept) > MAX_KEPT_BYTES:
        raise SlideError(Fault.TOO_LARGE)
    return Picture(kept, media, pixels.width, pixels.height, hashlib.sha256(data).hexdigest())


def _decoded(data: bytes, kind: str) -> Image.Image:
    """The pixels as grey or red, green and blue, as they are meant to be looked at."""
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as found:
            _require_reasonable(found)
            found.load()
            turned = ImageOps.exif_transpose(found)
            return _plain(turned)
    except SlideError:
        raise
    except Image.DecompressionBombError as error:
        raise SlideError(Fault.TOO_MANY_PIXELS) from error
    except Exception as error:  # whatever a decoder stumbles over
        raise SlideError(Fault.DAMAGED) from error


def _require_reasonable(found: Image.Image) -> None:
    """Judged by the header, before anything is decoded."""
    if found.width * found.height > MAX_PIXELS:
        raise SlideError(Fault.TOO_MANY_PIXELS)
    if min(found.size) < LEAST_SIDE:
        raise SlideError(Fault.TOO_SMALL)
    if getattr(found, "n_frames", 1) > 1:
        raise SlideError(Fault.SEVERAL)
    if found.mode not in _MODES:
        raise SlideError(Fault.COLOURS)


def _plain(found: Image.Image) -> Image.Image:
    """A new picture that has the pixels of another and none of what is said about it; what is
    transparent is white."""
    wanted = "L" if found.mode in ("1", "L") else "RGB"
    plain = Image.new(wanted, found.size, "white")
    if found.mode in ("LA", "PA", "RGBA") or "transparency" in found.info:
        clear = found.convert("RGBA")
        plain.paste(clear.convert(wanted), mask=clear.getchannel("A"))
    else:
        plain.paste(found.convert(wanted))
    return plain


def _encoded(pixels: Image.Image, kind: str) -> tuple[str, bytes]:
    """JPEG stays JPEG; the others lose nothing as PNG, which every browser shows."""
    out = io.BytesIO()
    if kind == "JPEG":
        pixels.save(out, "JPEG", quality=_QUALITY, subsampling=0)
        return "image/jpeg", out.getvalue()
    pixels.save(out, "PNG")
    return "image/png", out.getvalue()
