"""Which files are taken as pictures of slides, and what of them is kept: pixels alone."""

import io
import random
import zlib

import pytest
from PIL import Image, PngImagePlugin

from visits import slide_files
from visits.slide_files import Fault, SlideError, picture_of

NAME = "CT-01-0016-W48"  # what a file may say of a participant


def made(kind: str = "PNG", size: tuple[int, int] = (240, 260), mode: str = "RGB", **more) -> bytes:
    out = io.BytesIO()
    noise = random.Random(7).randbytes(size[0] * size[1])
    picture = Image.frombytes("L", size, noise).convert(mode)
    picture.save(out, kind, **more)
    return out.getvalue()


def fault(data: bytes, name: str) -> Fault:
    with pytest.raises(SlideError) as found:
        picture_of(data, name)
    return found.value.fault


@pytest.mark.parametrize(
    ("kind", "name", "media"),
    [
        ("PNG", "a.png", "image/png"),
        ("JPEG", "a.JPG", "image/jpeg"),
        ("JPEG", "a.jpeg", "image/jpeg"),
        ("TIFF", "a.tif", "image/png"),
        ("TIFF", "a.tiff", "image/png"),
    ],
)
def test_jpeg_png_and_tiff_are_taken_and_shown_as_a_browser_can(kind, name, media):
    found = picture_of(made(kind), name)
    assert (found.media, found.width, found.height) == (media, 240, 260)
    assert Image.open(io.BytesIO(found.data)).size == (240, 260)


def test_pixels_of_what_loses_nothing_stay_as_they_are():
    data = made("TIFF")
    before, after = (Image.open(io.BytesIO(one)) for one in (data, picture_of(data, "a.tif").data))
    assert before.tobytes() == after.tobytes()


def test_the_same_pixels_are_the_same_bytes_whatever_the_file_says():
    plain = picture_of(made("PNG"), "a.png")
    told = PngImagePlugin.PngInfo()
    told.add_text("Description", NAME)
    with_text = picture_of(made("PNG", pnginfo=told, dpi=(300, 300)), "a.png")
    assert with_text.data == plain.data
    assert with_text.source_sha256 != plain.source_sha256


def exif() -> bytes:
    known = Image.Exif()
    known[0x010E] = NAME  # ImageDescription
    known[0x013B] = "Dr. Li"  # Artist
    known[0x0132] = "2026:03:05 10:00:00"  # DateTime
    return known.tobytes()


@pytest.mark.req("R-52")
@pytest.mark.parametrize(
    ("data", "name"),
    [
        (made("JPEG", exif=exif(), comment=NAME.encode()), "a.jpg"),
        (made("JPEG", icc_profile=NAME.encode() * 40), "a.jpg"),
        (made("PNG", exif=exif()), "a.png"),
        (made("TIFF", tiffinfo={270: NAME, 315: "Dr. Li", 306: "2026:03:05"}), "a.tif"),
    ],
)
def test_nothing_that_a_file_says_beside_its_pixels_is_kept(data, name):
    assert NAME.encode() in data
    kept = picture_of(data, name).data
    for told in (NAME.encode(), b"Dr. Li", b"2026:03", b"Exif", b"ICC_PROFILE", b"tEXt", b"eXIf"):
        assert told not in kept


def test_a_picture_is_turned_as_its_file_says():
    turned = Image.Exif()
    turned[0x0112] = 6  # a quarter to the right
    found = picture_of(made("JPEG", exif=turned.tobytes()), "a.jpg")
    assert (found.width, found.height) == (260, 240)


@pytest.mark.req("F-121")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
@pytest.mark.parametrize(
    "tail", [b"PK\x03\x04 a zip", b"<html><script>alert(1)</script>", b"%PDF-1.7"]
)
def test_a_file_that_is_two_things_is_kept_as_a_picture_alone(kind, tail):
    ending = {"PNG": "a.png", "JPEG": "a.jpg", "TIFF": "a.tif"}[kind]
    found = picture_of(made(kind) + tail, ending)
    assert tail not in found.data
    assert found.data == picture_of(made(kind), ending).data


@pytest.mark.req("F-121")
@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"<html><script>alert(1)</script>", "a.png", Fault.NO_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", Fault.NO_PICTURE),
        (b"MZ\x90\x00" + b"\0" * 500, "a.jpg", Fault.NO_PICTURE),
        (b"PK\x03\x04" + b"\0" * 500, "a.png", Fault.NO_PICTURE),
        (b"GIF89a" + b"\0" * 500, "a.png", Fault.NO_PICTURE),
        (b"", "a.png", Fault.NO_PICTURE),
        (made("GIF", mode="P"), "a.gif", Fault.NO_PICTURE),
        (made("PNG"), "a.jpg", Fault.OTHER_NAME),
        (made("JPEG"), "a.png", Fault.OTHER_NAME),
        (made("PNG"), "a.png.exe", Fault.OTHER_NAME),
        (made("PNG"), "a", Fault.OTHER_NAME),
        (made("PNG")[:3000], "a.png", Fault.DAMAGED),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "a.png", Fault.DAMAGED),
        (b"\xff\xd8\xff\xe0" + b"\0" * 100, "a.jpg", Fault.DAMAGED),
        (b"II*\x00" + b"\xff" * 100, "a.tif", Fault.DAMAGED),
        (made("PNG", (199, 400)), "a.png", Fault.TOO_SMALL),
        (made("TIFF", mode="I;16"), "a.tif", Fault.COLOURS),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * slide_files.MAX_BYTES, "a.png", Fault.TOO_LARGE),
    ],
)
def test_what_is_no_picture_or_called_otherwise_is_not_taken(data, name, expected):
    assert fault(data, name) is expected


@pytest.mark.req("F-122")
def test_a_bomb_is_refused_by_its_header():
    """50 000 by 50 000 pixels in a few hundred bytes; nothing is decoded."""
    header = made("PNG", mode="1")
    size = (50_000).to_bytes(4, "big")

    chunk = b"IHDR" + size + size + header[24:29]
    bomb = header[:12] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + header[33:]
    assert fault(bomb, "a.png") is Fault.TOO_MANY_PIXELS


def test_a_file_with_several_pictures_is_refused_one_may_be_the_label():
    out = io.BytesIO()
    first, label = Image.new("RGB", (300, 300)), Image.new("RGB", (300, 300), "white")
    first.save(out, "TIFF", save_all=True, append_images=[label])
    assert fault(out.getvalue(), "a.tif") is Fault.SEVERAL


def test_what_is_transparent_is_white_and_hides_nothing():
    """Colours under full transparency, as a label that was made invisible, are gone."""
    out = io.BytesIO()
    Image.new("RGBA", (240, 240), (255, 0, 0, 0)).save(out, "PNG")
    kept = Image.open(io.BytesIO(picture_of(out.getvalue(), "a.png").data))
    assert kept.mode == "RGB"
    assert kept.getcolors() == [(240 * 240, (255, 255, 255))]


def test_no_more_is_kept_than_fits(monkeypatch):
    monkeypatch.setattr(slide_files, "MAX_KEPT_BYTES", 1000)
    assert fault(made("PNG"), "a.png") is Fault.TOO_LARGE
