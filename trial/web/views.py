"""Health for machines, language and theme for people, and the gallery of components."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST
from django.views.i18n import set_language

from trial.access.http import AuthenticatedHttpRequest
from trial.web.context import THEME_COOKIE, THEMES
from trial.web.gallery import samples
from trial.web.health import DECISIVE, run_checks
from trial.web.http import next_address

YEAR = 365 * 24 * 3600


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives. Asks nothing of database or broker."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """The process can do its work: 200, or 503; what else is wrong is listed beside it."""
    found = run_checks()
    ready = not any(found.get(name) for name in DECISIVE)
    checks = {name: problem or "ok" for name, problem in found.items()}
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language in a cookie and go back to the page it was chosen on."""
    return set_language(request)


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponseRedirect:
    """Remember light, dark or auto in a cookie and go back."""
    response = HttpResponseRedirect(next_address(request))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(
            THEME_COOKIE,
            chosen,
            max_age=YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


@require_POST
def alive(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The user is still there: the session lives on for another idle period."""
    request.session.modified = True
    return HttpResponse(status=204)


@require_GET
def gallery(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Every component once, for whoever builds or judges pages. Not in production."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    return render(request, "web/gallery.html", samples())
