"""The lab form as a browser sends it."""

import re
from html import unescape

from django.urls import reverse

from tests.factories import study

PANEL = {"ALT": "62", "AST": "48", "IGG": "17.2", "BILI": "18,5", "CREAT": "70", "INR": "1.05",
         "SODIUM": "139", "ALB": "41", "GLOBG": "14"}  # fmt: skip


def address(visit, name="entry"):
    return reverse(f"labs:{name}", args=[visit.pk])


def hidden(response, name):
    """The value of a hidden field of the page."""
    return re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())[1]


def shown(response, name):
    """What an input of the page holds, as the browser would read it."""
    found = re.search(rf'<input[^>]*name="{name}" value="([^"]*)"', response.content.decode())
    return unescape(found[1])


def problems(response):
    """The texts of the summary at the top of a refused form."""
    html = response.content.decode().partition("alert-list")[2].partition("</ul>")[0]
    return [unescape(re.sub("<[^>]+>", "", item)) for item in re.findall(r"<li>(.*?)</li>", html)]


def typed(laboratory, visit, values, **more):
    """A form with these values, in canonical units, on the visit's target date."""
    data = {
        "laboratory": str(laboratory.pk), "collected_on": str(visit.target_on),
        "collected_time": "", "sample_state": "good", "dialysis": "no", "pt_isi": "",
        "pt_mnpt": "", "reason": "", "version": "0", "key": "a-key-of-this-page-load",
    }  # fmt: skip
    for code, text in values.items():
        data |= {f"v-{code}": text, f"u-{code}": study.UNITS[code]}
    return data | more


def listed(captured):
    """The statements, without the savepoints that stand for BEGIN and COMMIT in a test."""
    texts = [query["sql"][:100] for query in captured]
    return [text for text in texts if not text.startswith(("SAVEPOINT", "RELEASE"))]
