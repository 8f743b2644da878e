"""Settings, all from the environment.

LOCAL=1 is the embedded mode of `make run` and of the tests: plain HTTP on this machine. Without
it the settings are those of production. DEMO=1 (a simulated study, a banner on every page) is
refused outside LOCAL.
"""

from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from trial import logs
from trial.access.roles import Role
from trial.web.strict import STRICT

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

LOCAL = env.bool("LOCAL", default=False)
DEMO = env.bool("DEMO", default=False)
TESTING = env.bool("TESTING", default=False)
if DEMO and not LOCAL:
    raise ImproperlyConfigured("DEMO=1 shows a simulated study and is refused in production.")

DEBUG = env.bool("DEBUG", default=False)
if DEBUG and not LOCAL:
    raise ImproperlyConfigured("DEBUG=1 shows source code in error pages: refused in production.")
SECRET_KEY = env.str("SECRET_KEY", default="local-only" * 6 if LOCAL else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set. Give a random string of 50 characters.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"] if LOCAL else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
VERSION = "0.1.0"
STUDY_NAME = env.str("STUDY_NAME", default="") or _("UC-MSC in AIH")
# Who reports to authorities, and whose calendar days count (safety/clocks.py).
SPONSOR_NAME = env.str("SPONSOR_NAME", default="")
SPONSOR_COUNTRY = env.str("SPONSOR_COUNTRY", default="CN")
SPONSOR_STUDY_NUMBER = env.str("SPONSOR_STUDY_NUMBER", default="")
SPONSOR_TIME_ZONE = env.str("SPONSOR_TIME_ZONE", default="Asia/Shanghai")
STUDY_REGISTRATIONS = env.list("STUDY_REGISTRATIONS", default=["NCT01661842:US"])

ROOT_URLCONF = "trial.urls"
WSGI_APPLICATION = "trial.wsgi.application"
AUTH_USER_MODEL = "access.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "trial.audit",
    "trial.access",
    "trial.inbox",
    "trial.signing",
    "trial.quality",
    "trial.web",
    "trial.crf",
    "patients",
    "visits",
    "labs",
    "safety",
    "randomization",
    "reports",
]
if LOCAL:
    INSTALLED_APPS.append("django_linear_migrations" if env.bool("CHECKS", default=False) else "")
    INSTALLED_APPS = [app for app in INSTALLED_APPS if app]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "trial.web.middleware.GuardMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "trial.access.middleware.ClientMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "trial.access.middleware.DutyMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "trial.web.middleware.NoStoreMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "trial.quality.middleware.HoldMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
    "trial.web.middleware.ReadingMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "string_if_invalid": STRICT if TESTING else "",
            "builtins": ["django.templatetags.i18n", "trial.web.templatetags.web"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "trial.web.context.shell",
            ],
        },
    }
]
FORM_RENDERER = "trial.web.forms.FieldRenderer"

# --- data -------------------------------------------------------------------------------------
DATABASES = {
    "default": env.db_url("DATABASE_URL", default="postgres://ct_app@127.0.0.1:5432/trial")
    | {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,  # each service opens its own transaction, with its actor
    }
}
# The login of pharmacy and unblinding: only the processes that serve these hold it, and only they
# have their pages (docs/adr/0014). All other processes run without.
if SEALED_DATABASE_URL := env.str("SEALED_DATABASE_URL", default=""):
    DATABASES["sealed"] = env.db_url_config(SEALED_DATABASE_URL) | {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {"options": "-c search_path=sealed,public"},
    }
SEALED = "sealed" in DATABASES
# Whether links to these pages are drawn: in production another process serves them.
SEALED_PAGES = SEALED or env.bool("SEALED_PAGES", default=not LOCAL)
DATABASE_ROUTERS = ["trial.routers.SealedRouter"]
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
SESSION_ENGINE = "trial.access.sessions"  # in the database, so that they can be ended

# --- people -----------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name", "email")},
    },
    {"NAME": "trial.access.passwords.NotTooLong"},
    {"NAME": "trial.access.passwords.NotUsedBefore"},
]
PASSWORD_MAX_DAYS = env.int("PASSWORD_MAX_DAYS", default=0)  # 0: passwords do not age
SETUP_LINK_SECONDS = env.int("SETUP_LINK_SECONDS", default=60 * 60)
CONFIRMED_SECONDS = 5 * 60  # how long a password given once more counts
# Roles whose users need a second factor: those who see arms, export data or give rights.
MFA_REQUIRED_ROLES: list[str] = [
    name.strip()
    for name in env.list(
        "MFA_REQUIRED_ROLES",
        default=[] if LOCAL else ["admin", "pharmacist", "statistician", "datamanager", "sponsor"],
    )
]
if unknown := sorted(set(MFA_REQUIRED_ROLES) - {role.value for role in Role}):
    raise ImproperlyConfigured(f"MFA_REQUIRED_ROLES names no role: {', '.join(unknown)}.")
MFA_ADAPTER = "trial.access.mfa.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # e-mail addresses are the administrator's affair
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "reports:home"
ACCOUNT_ADAPTER = "trial.access.adapter.ClosedSignUp"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login_failed": None}  # django-axes counts, and keeps the evidence
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5  # hours
AXES_USERNAME_CALLABLE = "trial.access.adapter.attempted_username"
AXES_RESET_ON_SUCCESS = True  # typing errors of a whole morning do not add up
AXES_LOCKOUT_TEMPLATE = "lockout.html"
AXES_HANDLER = "trial.access.lockout.Handler"
AXES_CLIENT_IP_CALLABLE = "trial.access.clients.address_of"
AXES_VERBOSE = False

# --- the audit trail ----------------------------------------------------------------------------
ANCHOR_KEY = env.str("ANCHOR_KEY", default="")  # 64 hexadecimal digits; else from the SECRET_KEY
ANCHOR_MAIL = env.list("ANCHOR_MAIL", default=[])  # who gets the daily anchor
GUARD_SECONDS = env.int("GUARD_SECONDS", default=0 if TESTING else 60)

# --- mail ---------------------------------------------------------------------------------------
MAIL_DOMAIN = env.str("MAIL_DOMAIN", default="localhost")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAIL_FROM", default=f"trial@{MAIL_DOMAIN}")
# Without a mail server, mail is shown on the terminal.
vars().update(env.email("MAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
# Who is written to when somebody tries to break in; without it, alerts are shown on the pages only.
SECURITY_MAIL: list[str] = env.list("SECURITY_MAIL", default=[])

# Whether data are entered only under a duty of the site's delegation log.
DELEGATION_REQUIRED = env.bool("DELEGATION_REQUIRED", default=False)

# --- browser ----------------------------------------------------------------------------------
SESSION_COOKIE_AGE = 30 * 60  # without a request
SESSION_ABSOLUTE_SECONDS = env.int("SESSION_ABSOLUTE_SECONDS", default=12 * 60 * 60)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "session" if LOCAL else "__Host-session"
CSRF_COOKIE_NAME = "csrf" if LOCAL else "__Host-csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LOCAL
SECURE_SSL_REDIRECT = not LOCAL
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if LOCAL else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not LOCAL
SECURE_REFERRER_POLICY = "same-origin"
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "style-src-attr": ["'unsafe-inline'"],  # ECharts positions its SVG by style attributes
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("geolocation", "microphone", "payment", "usb")
} | {"camera": ["self"]}  # scanning a bag; the browser asks, and nothing leaves the page
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=50_000_000)
FILE_UPLOAD_HANDLERS = [
    "labs.uploads.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

STATIC_URL = "static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / ".static"))
STATICFILES_DIRS = [BASE_DIR / "trial" / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "trial.web.finders.NpmFinder",
]
WHITENOISE_USE_FINDERS = TESTING
WHITENOISE_AUTOREFRESH = TESTING  # a test's client does not list all files before its first request
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- language and time ------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = not LOCAL
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

# --- API --------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "trial.access.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["trial.access.permissions.HasPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env.str("API_RATE", default="1200/min")},
    "COERCE_DECIMAL_TO_STRING": True,
    "EXCEPTION_HANDLER": "trial.quality.rest.handle",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Autoimmune hepatitis trial API",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {"SwitchEnum": [("0", "0"), ("1", "1")]},
    "DESCRIPTION": (
        "Coded data of the trial; nothing in it says who a participant is. A list comes in pages "
        "of JSON, or whole as CSV or NDJSON from one snapshot of the database. Dates are the "
        "site's local dates, times are UTC with their offset, decimals are exact texts. An "
        "unknown parameter is an error."
    ),
}

# --- jobs -------------------------------------------------------------------------------------
# Celery is only the hint that work waits; what waits is a query over the data (labs/pending.py).
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 100
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3 * CELERY_TASK_TIME_LIMIT,
    "unacked_restore_throttle": 1,
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
    "retry_on_timeout": False,
    "max_retries": 1,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 2_000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
HINT_TO_WORKERS = env.bool("HINT_TO_WORKERS", default=not TESTING)

LOGGING = logs.configure(level=env.str("LOG_LEVEL", default="info"), plain=LOCAL)
