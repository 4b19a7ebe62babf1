"""The shape of what people type about accounts."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, PasswordField, SearchField, SelectField, StringField
from wtforms.validators import Email, EqualTo, InputRequired, Length, Regexp

from lms.accounts.actions import SHORTEST_PASSWORD

LOCALE_CHOICES = [("ko", "한국어"), ("en", "English")]
USERNAME = Regexp(
    r"^[a-z][a-z0-9-]{1,30}$",
    message=_l("Use 2 to 31 small letters, digits and hyphens, beginning with a letter."),
)


class SignInForm(FlaskForm):
    username = StringField(
        _l("User name or e-mail"), [InputRequired(), Length(max=254)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )  # fmt: skip
    password = PasswordField(
        _l("Password"), [InputRequired(), Length(max=1024)],
        render_kw={"autocomplete": "current-password"},
    )  # fmt: skip


class ProfileForm(FlaskForm):
    locale = SelectField(_l("Language"), choices=LOCALE_CHOICES)


class WelcomeForm(FlaskForm):
    """A first password."""

    new = PasswordField(
        _l("New password"),
        [InputRequired(), Length(min=SHORTEST_PASSWORD, max=1024)],
        description=_l(
            "At least %(n)s characters. A sentence is easy to remember.", n=SHORTEST_PASSWORD
        ),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("New password again"),
        [InputRequired(), EqualTo("new", _l("The two new passwords differ."))],
        render_kw={"autocomplete": "new-password"},
    )


class PasswordForm(WelcomeForm):
    current = PasswordField(
        _l("Current password"), [InputRequired()], render_kw={"autocomplete": "current-password"}
    )


class PersonForm(FlaskForm):
    name = StringField(_l("Name"), [InputRequired(), Length(max=100)])
    email = EmailField(_l("E-mail"), [InputRequired(), Email(), Length(max=254)])
    locale = SelectField(_l("Language"), choices=LOCALE_CHOICES)
    is_administrator = BooleanField(
        _l("Administrator"), description=_l("Runs cohorts, manages people and sees every report.")
    )


class NewPersonForm(PersonForm):
    username = StringField(
        _l("User name"), [InputRequired(), USERNAME],
        description=_l("Also the name on JupyterHub; it cannot be changed later."),
    )  # fmt: skip


class PeopleSearch(FlaskForm):
    class Meta:
        csrf = False

    q = SearchField(_l("Search people"), [Length(max=100)])
    only = SelectField(
        _l("Show only"),
        choices=[
            ("", _l("Everybody")),
            ("administrators", _l("Administrators")),
            ("deactivated", _l("Deactivated accounts")),
        ],
    )
