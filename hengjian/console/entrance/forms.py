"""Forms of the entrance."""

from allauth.account.forms import LoginForm


class SignInForm(LoginForm):
    """allauth's form; in the page its first field is called ``username``."""

    def add_prefix(self, field_name: str) -> str:
        """The name in the page."""
        return str(super().add_prefix("username" if field_name == "login" else field_name))
