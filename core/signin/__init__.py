"""Who signs in, how, and for how long.

Sessions are rows: a browser holds a random token, the table its digest, so that a session ends the moment
its row does. Whoever signs in elsewhere, at an identity provider or a proxy, is a user of ours all the
same: roles and *disabled* live here and are looked at on every click.
"""

from core.signin.binding import is_loopback, refuse_open_binding
from core.signin.by_password import change_password, sign_in
from core.signin.elsewhere import is_trusted, sign_in_oidc, sign_in_proxy
from core.signin.inviting import invite
from core.signin.keys import cookie_secret
from core.signin.links import (
    give_password,
    link_address,
    look_at_link,
    make_welcome_link,
    open_link,
    reset_link,
)
from core.signin.managing import set_enabled
from core.signin.oidc import begin_oidc, finish_oidc
from core.signin.people import PersonView, all_people, find_person, needs_first_admin
from core.signin.sessions import end_sessions, sessions_of, sign_out, sign_out_everywhere, who
from core.signin.values import (
    LINK_PATH,
    Claims,
    Client,
    LinkKind,
    LinkView,
    Method,
    SessionView,
    SignedIn,
)
from core.signin.vouching import refuse_unvouched

__all__ = [
    "LINK_PATH",
    "Claims",
    "Client",
    "LinkKind",
    "LinkView",
    "Method",
    "PersonView",
    "SessionView",
    "SignedIn",
    "all_people",
    "begin_oidc",
    "change_password",
    "cookie_secret",
    "end_sessions",
    "find_person",
    "finish_oidc",
    "give_password",
    "invite",
    "is_loopback",
    "is_trusted",
    "link_address",
    "look_at_link",
    "make_welcome_link",
    "needs_first_admin",
    "open_link",
    "refuse_open_binding",
    "refuse_unvouched",
    "reset_link",
    "sessions_of",
    "set_enabled",
    "sign_in",
    "sign_in_oidc",
    "sign_in_proxy",
    "sign_out",
    "sign_out_everywhere",
    "who",
]
