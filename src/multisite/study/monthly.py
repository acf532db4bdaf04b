"""The section ``monthly`` of the site file: who is told of a month's verdict, by which server, and by when they act."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from multisite.study.section import Identifier, Section

__all__ = ["DEFAULT_ESCALATION", "Escalation", "MailServer", "Monthly"]

_EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
_Address = Annotated[str, Field(pattern=r"^[^@\s<>,;\"\r\n]+@[^@\s<>,;\"\r\n]+$", max_length=254)]


class MailServer(Section):
    """The hospital's mail server; user and password are found in environment variables, on the machine that sends."""

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user_env: _EnvironmentName | None = None
    password_env: _EnvironmentName | None = None
    ca_file: str | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 30.0
    attempts: Annotated[int, Field(ge=1, le=20)] = 5

    @model_validator(mode="after")
    def _safe(self) -> "MailServer":
        if (self.user_env is None) != (self.password_env is None):
            raise ValueError("`user_env` and `password_env` go together")
        if self.security == "none" and self.user_env is not None:
            raise ValueError("a password is not sent without encryption: `security: starttls` or `tls`")
        return self


class Escalation(Section):
    """Who is told of a state, what they are asked to do, and within how many working days."""

    tell: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    owner: Identifier
    within_working_days: Annotated[int, Field(ge=1, le=60)]
    act: str


DEFAULT_ESCALATION: dict[str, Escalation] = {
    "GREEN": Escalation(tell=("qa_lead",), owner="qa_lead", within_working_days=20, act="Nothing to do."),
    "GREY": Escalation(
        tell=("qa_lead", "integration"),
        owner="integration",
        within_working_days=5,
        act="Mend the feed, or accept the wait.",
    ),
    "AMBER-1": Escalation(
        tell=("qa_lead",), owner="qa_lead", within_working_days=10, act="Read this mail and acknowledge the cause."
    ),
    "AMBER-2": Escalation(
        tell=("qa_lead", "ai_lead", "physicist"),
        owner="ai_lead",
        within_working_days=5,
        act="Check a sample of cases and note the result.",
    ),
    "RED": Escalation(
        tell=("qa_lead", "ai_lead", "physicist", "governance", "vendor"),
        owner="ai_lead",
        within_working_days=1,
        act="Decide: go on with a safeguard, switch the model off on the device, or suspend it; note the decision.",
    ),
    "RED unacknowledged": Escalation(
        tell=("qa_lead", "ai_lead", "physicist", "governance", "vendor", "medical_director"),
        owner="medical_director",
        within_working_days=2,
        act="Decide in the place of those who have not answered.",
    ),
}
"""What a site agrees to unless its file says otherwise."""


class Monthly(Section):
    """The monthly verdict's mail.

    ``people`` names addresses by role; a role that ``escalation`` tells and that has none here is said to be unfilled
    in the mail. ``devices`` gives pseudonyms of devices (their first digits) the names that the hospital uses.
    """

    server: MailServer
    sender: _Address
    people: Annotated[dict[Identifier, Annotated[tuple[_Address, ...], Field(min_length=1)]], Field(min_length=1)]
    escalation: dict[str, Escalation] = Field(default_factory=dict)
    contact: str = ""
    devices: dict[Annotated[str, Field(pattern=r"^[0-9a-f]{6,64}$")], str] = Field(default_factory=dict)
    holidays: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _states_are_known(self) -> "Monthly":
        unknown = sorted(set(self.escalation) - set(DEFAULT_ESCALATION))
        if unknown:
            raise ValueError(f"`escalation` knows the states {', '.join(DEFAULT_ESCALATION)}")
        if "qa_lead" not in self.people:
            raise ValueError("`people` must name a `qa_lead`")
        return self

    def escalation_of(self, state: str) -> Escalation:
        """Who is told of ``state``: as the file says, else by default."""
        return self.escalation.get(state, DEFAULT_ESCALATION[state])
