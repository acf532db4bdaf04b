"""How a mail gets out: the outbox on disk, SMTP, and the reports of mails that came back."""
