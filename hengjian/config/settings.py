"""Django's settings. What differs between places comes from the environment:

DATABASE_URL          set by whoever starts the program (hengjian.database), or by the administrator
HENGJIAN_DATA         the data folder
HENGJIAN_SECRET_KEY   instead of the file ``secret_key`` in the data folder
HENGJIAN_HOSTS        host names served, separated by commas (default: this machine only)
HENGJIAN_HTTPS        1: behind HTTPS; cookies are sent over HTTPS only
HENGJIAN_PROXIES      how many proxies of ours stand before the program (default: 1 behind HTTPS, else 0)
HENGJIAN_SECOND_FACTOR  required: everybody sets up a second factor at the first sign-in (MLPS level 3)
HENGJIAN_IDLE_MINUTES, HENGJIAN_LONGEST_MINUTES, HENGJIAN_FRESH_MINUTES
                      a sign-in ends when unused (30) or old (480); proof for signing holds (10)
HENGJIAN_PUSH_HOSTS   hosts within, separated by commas, that notices may go to, over plain HTTP too
HENGJIAN_METRICS_TOKEN  opens /metrics to who sends it as a bearer token; without it there is no such page
HENGJIAN_DEBUG        1: Django's pages for developers
"""

import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from hengjian.config.logs import configure_logs
from hengjian.config.secret import secret_key
from hengjian.config.sso import cas_servers, directories, providers
from hengjian.database import data_folder, django_database

PACKAGE = Path(__file__).resolve().parent.parent
DATA = data_folder(os.environ)
HTTPS = os.environ.get("HENGJIAN_HTTPS") == "1"

DEBUG = os.environ.get("HENGJIAN_DEBUG") == "1"
METRICS_TOKEN = os.environ.get("HENGJIAN_METRICS_TOKEN", "")
SECRET_KEY = secret_key(os.environ, DATA)
PUSH_HOSTS = frozenset(filter(None, os.environ.get("HENGJIAN_PUSH_HOSTS", "").lower().split(",")))
ALLOWED_HOSTS = os.environ.get("HENGJIAN_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = [
    "hengjian.notary",
    "hengjian.clockwork",
    "hengjian.access",
    "hengjian.desk",
    "hengjian.exchange",
    "hengjian.roster",
    "hengjian.evidence",
    "hengjian.ratings.panels",
    "hengjian.ratings.ballots",
    "hengjian.ratings.followups",
    "hengjian.ratings.invitations",
    "hengjian.cycles",
    "hengjian.retention",
    "hengjian.console",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "pgtrigger",
    "django_htmx",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
AUTH_USER_MODEL = "access.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "hengjian.console.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hengjian.console.log_files.LogFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "hengjian.console.one_read.OneReadMiddleware",
    "hengjian.console.middleware.ConsoleMiddleware",
    "hengjian.console.exports.middleware.ExportMiddleware",
    "hengjian.console.entrance.limits.LimitsMiddleware",
]
ROOT_URLCONF = "hengjian.config.urls"
WSGI_APPLICATION = "hengjian.config.wsgi.application"
ASGI_APPLICATION = "hengjian.config.asgi.application"
LOGIN_URL = "console:sign-in"
LOGIN_REDIRECT_URL = "console:home"
LOGOUT_REDIRECT_URL = "console:sign-in"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": django_database(os.environ.get("DATABASE_URL", ""))}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name"), "max_similarity": 0.5},
    },
    {"NAME": "hengjian.access.passwords.EasyPatternValidator"},
]

# --- the entrance: passwords, second factors, limits (decision 0021) --------------------------------
ACCOUNT_ADAPTER = "hengjian.console.entrance.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {"login": "hengjian.console.entrance.forms.SignInForm"}
ACCOUNT_LOGIN_TIMEOUT = 5 * 60
# per account: five failures in a quarter of an hour; per address: enough for an office behind one address,
# whose people may all sign in within the same minute
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip", "login_failed": "30/5m/ip,5/15m/key", "reauthenticate": "10/m/user",
    "change_password": "10/m/user",
}  # fmt: skip
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("HENGJIAN_PROXIES", "1" if HTTPS else "0"))
MFA_ADAPTER = "hengjian.console.entrance.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # a phone whose clock is half a minute off (RFC 6238, 5.2); a used code is used up
MFA_TOTP_ISSUER = "衡鉴 Hengjian"
# a browser takes this machine itself for a safe place without HTTPS, and nothing else
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
SOCIALACCOUNT_ADAPTER = "hengjian.console.entrance.single.SingleSignOn"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": providers(DATA)}}
SSO_CAS = cas_servers(DATA)
SSO_DIRECTORIES = directories(DATA)
SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX = "sso"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SECOND_FACTOR_REQUIRED = os.environ.get("HENGJIAN_SECOND_FACTOR") == "required"
SESSION_IDLE_MINUTES = int(os.environ.get("HENGJIAN_IDLE_MINUTES", "30"))
SESSION_LONGEST_MINUTES = int(os.environ.get("HENGJIAN_LONGEST_MINUTES", "480"))
FRESH_MINUTES = int(os.environ.get("HENGJIAN_FRESH_MINUTES", "10"))
# the counts of failures are held by all processes together
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "access_counts",
        "OPTIONS": {"MAX_ENTRIES": 100_000},  # beyond it counts that still hold would be thrown away
    },
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", _("英文"))]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
# the panel's form blinds its token with the rating page's own code
STATICFILES_DIRS = [("kiosk", PACKAGE / "kiosk" / "static" / "kiosk")]
WHITENOISE_USE_FINDERS = True

# by this prefix a browser takes them from this host only, over HTTPS only
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = SESSION_LONGEST_MINUTES * 60
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Subdomains and browsers' preload lists belong to whoever owns the domain, not to this program.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if HTTPS else []

DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
LOGGING_CONFIG = None
configure_logs(debug=DEBUG)
