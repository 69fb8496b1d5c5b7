"""What can be refused about notices."""

from __future__ import annotations

from ideals.kernel.errors import Conflict, NotAllowed, NotFound


class NoticeUnknown(NotFound):
    code = "notice_unknown"

    def __init__(self) -> None:
        super().__init__("There is no such notice of yours")


class MailUnknown(NotFound):
    code = "mail_unknown"

    def __init__(self) -> None:
        super().__init__("There is no such mail")


class MailNotRefused(Conflict):
    """Only what could not be delivered is sent again by hand."""

    code = "mail_not_refused"

    def __init__(self, state: str) -> None:
        super().__init__("This mail is under way or has arrived", current=state)


class OnlyHrSeesMail(NotAllowed):
    code = "only_hr_sees_mail"

    def __init__(self) -> None:
        super().__init__("Only HR sees which mails did not arrive")
