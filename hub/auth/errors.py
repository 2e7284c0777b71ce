"""What can go wrong while people sign in. `code` is stable and safe to show."""

from hub.errors import HubError


class AuthError(HubError):
    """Base of all errors of this package."""

    code = "auth"


class SignInRefusedError(AuthError):
    """One answer for a wrong name, a wrong password, a locked or a disabled user: which of
    them it was is nobody's business who does not know the password.
    """

    code = "sign_in_refused"


class SignInBusyError(AuthError):
    """Too many tries at once or from one address; the same try may succeed later."""

    code = "sign_in_busy"
    permanent = False


class UserError(AuthError):
    """An account that cannot be made as asked."""

    code = "user"
