"""What access refuses. Who is unknown and whose password is wrong are told alike."""

from ideals.kernel.errors import Conflict, NotAllowed, NotFound, RuleBroken


class SignInRefused(NotAllowed):
    code = "sign_in_refused"


class SignInNotFresh(NotAllowed):
    """They are signed in, but proved who they are too long ago for this."""

    code = "sign_in_not_fresh"


class TooManyAttempts(Conflict):
    code = "too_many_attempts"


class InvitationUnusable(NotFound):
    code = "invitation_unusable"


class PasswordWeak(RuleBroken):
    code = "password_weak"


class EmailUnreadable(RuleBroken):
    code = "email_unreadable"


class NobodyHasThisEmail(RuleBroken):
    code = "nobody_has_this_email"


class UserUnknown(NotFound):
    code = "user_unknown"


class UserInactive(Conflict):
    code = "user_inactive"


class SessionUnknown(NotFound):
    code = "session_unknown"


class TokenUnknown(NotFound):
    code = "token_unknown"


class DemoOnly(NotFound):
    code = "demo_only"
