"""E-mail by SMTP, one connection for a run.

A server that breaks off before the message's last line was sent has not taken it; one that breaks off
after that line and before its answer leaves it unclear, and the message is not sent again.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as MAIL
from email.utils import formatdate
from uuid import UUID

from hengjian.ratings.invitations.channels import Message, NotDelivered, Unclear
from hengjian.ratings.invitations.channels.texts import SUBJECT, body

PLAIN, STARTTLS, TLS = "none", "starttls", "tls"


@dataclass
class SmtpChannel:
    """A mail server. ``security``: none | starttls | tls; passwords never travel in clear."""

    host: str
    port: int
    sender: str
    security: str = STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 20.0
    answers = False
    _link: smtplib.SMTP | None = field(default=None, repr=False)

    def send(self, message: Message) -> None:
        """Hand one e-mail to the server.

        Raises: NotDelivered, Unclear.
        """
        if not message.address or not message.address.isascii():  # SMTPUTF8 is not spoken
            raise NotDelivered("smtp.address", final=True)
        with self._faults("smtp.connect"):
            link = self._connected()
            self._expect(link.mail(self.sender), "smtp.sender")
            self._expect(link.rcpt(message.address), "smtp.recipient")
        content = self._mail(message).as_bytes(policy=MAIL)
        try:
            answer = link.data(content)
        except smtplib.SMTPDataError as fault:  # refused at the word DATA: nothing was sent
            self._reset()
            raise _refusal(fault.smtp_code, "smtp.data") from fault
        except (smtplib.SMTPException, OSError) as fault:
            self.close()
            raise Unclear("smtp.data") from fault
        self._expect(answer, "smtp.data")

    def known(self, attempt: UUID) -> bool | None:  # noqa: ARG002  SMTP has no question for this
        """A mail server cannot be asked."""
        return None

    def close(self) -> None:
        """Say goodbye, or just hang up."""
        link, self._link = self._link, None
        if link is not None:
            with suppress(smtplib.SMTPException, OSError):
                link.quit()

    def _connected(self) -> smtplib.SMTP:
        if self._link is not None:
            with suppress(smtplib.SMTPException, OSError):
                if self._link.noop()[0] == 250:
                    return self._link
            self.close()
        context = ssl.create_default_context()
        if self.security == TLS:
            link: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        else:
            link = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        self._link = link
        if self.security == STARTTLS:
            link.starttls(context=context)
        link.ehlo_or_helo_if_needed()
        if self.user:
            link.login(self.user, self.password)
        return link

    @contextmanager
    def _faults(self, code: str) -> Iterator[None]:
        """Faults before the message's text: it was certainly not taken."""
        try:
            yield
        except smtplib.SMTPAuthenticationError as fault:
            self.close()
            raise NotDelivered("smtp.login") from fault
        except (smtplib.SMTPException, OSError) as fault:
            self.close()
            raise NotDelivered(code) from fault

    def _expect(self, answer: tuple[int, bytes], code: str) -> None:
        if answer[0] not in {250, 251}:
            self._reset()
            raise _refusal(answer[0], code)

    def _reset(self) -> None:
        if self._link is not None:
            try:
                self._link.rset()
            except (smtplib.SMTPException, OSError):
                self.close()

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage(policy=MAIL)
        mail["From"], mail["To"], mail["Subject"] = self.sender, message.address, SUBJECT
        mail["Date"] = formatdate(localtime=False)
        mail["Message-ID"] = f"<{message.id}@{self.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(body(message))
        return mail


def _refusal(answer: int, code: str) -> NotDelivered:
    """5xx of the recipient or the message is final; of the sender it is our own fault and may be mended."""
    return NotDelivered(f"{code}.{answer}", final=answer >= 500 and code != "smtp.sender")
