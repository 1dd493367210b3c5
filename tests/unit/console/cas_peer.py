"""A real CAS server (django-cas-server) for tests, in a process of its own: cas_peer.py FOLDER PORT OUR_URL.

Users, passwords and attributes are the ones of its own test backend. Prints ``listening``.
"""

import sys
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

ROOT = Path(__file__).resolve().parents[3]
USER, PASSWORD, NUMBER = "u-1001", "the portal's own password", "1001"


class Quiet(WSGIRequestHandler):
    """Says nothing."""

    def log_message(self, *_said: object) -> None:
        """Nothing."""


def main(folder: Path, port: int, ours: str) -> None:
    """Serve until killed; tickets only for addresses that begin with ``ours``."""
    sys.path.append(str(ROOT / ".venv" / "oracles"))
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.urls import include, path

    settings.configure(
        SECRET_KEY="of the tests only", ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, USE_TZ=True,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "cas.sqlite3"}},
        INSTALLED_APPS=[
            "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
            "django.contrib.messages", "django.contrib.staticfiles", "cas_server",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
            "OPTIONS": {"context_processors": [
                "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]},
        }],
        STATIC_URL="/static/", DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        CAS_AUTH_CLASS="cas_server.auth.TestAuthUser", CAS_TEST_USER=USER, CAS_TEST_PASSWORD=PASSWORD,
        CAS_TEST_ATTRIBUTES={"employeeNumber": NUMBER, "group": ["a", "b"]},
        CAS_NEW_VERSION_HTML_WARNING=False, CAS_NEW_VERSION_EMAIL_WARNING=False,
    )  # fmt: skip
    django.setup()
    global urlpatterns  # noqa: PLW0603 (ROOT_URLCONF reads it here)
    urlpatterns = [path("cas/", include("cas_server.urls", namespace="cas_server"))]
    call_command("migrate", verbosity=0)
    from cas_server.models import ReplaceAttributName, ServicePattern

    allowed = ServicePattern.objects.create(name="ours", pattern=f"^{ours}/sso/cas/", pos=1)
    for name in ("employeeNumber", "group"):
        ReplaceAttributName.objects.create(name=name, service_pattern=allowed)
    with make_server("127.0.0.1", port, get_wsgi_application(), handler_class=Quiet) as server:
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        server.serve_forever()


urlpatterns: list = []

if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
