"""The trail names the site by its code, however a view says which one it is (R-02)."""

import pytest
from django.test import RequestFactory

from trial.access.http import actor
from trial.access.roles import Permission


@pytest.mark.req("R-02")
def test_a_site_given_by_its_row_is_named_by_its_code(cast):
    request = RequestFactory().get("/")
    request.user = cast.datamanager
    by_row = actor(request, Permission.REPORT_VIEW, cast.other_site.pk)
    assert by_row.site == actor(request, Permission.REPORT_VIEW, cast.other_site).site == "02"
    assert actor(request, Permission.REPORT_VIEW).site == ""
