"""Signing in and out. A failure says the same whether the account exists or not."""

from django.contrib.auth.views import LoginView, LogoutView


class SignIn(LoginView):
    """The sign-in page; somebody signed in already goes on to the home page."""

    template_name = "console/sign_in.html"
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Ends the session; only by POST."""

    http_method_names = ["post", "options"]  # noqa: RUF012 (as Django declares it)
