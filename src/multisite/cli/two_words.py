"""Commands of two words, such as `cohort diff`, beside a verb that is the first of them."""

from typing import Any

from typer.core import TyperGroup

__all__ = ["TwoWordCommands"]


class TwoWordCommands(TyperGroup):
    """A group whose commands may be registered under two words with a space between them.

    Two words that name a command win over the first word followed by an argument: a study file that is called as the
    second word is given as `./diff`.
    """

    # Typer's own types of contexts and commands stand in another module from one release to the next.
    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that ``args`` begin with, and the arguments after its one or two words."""
        both = " ".join(args[:2])
        return super().resolve_command(ctx, [both, *args[2:]] if both in self.commands else args)
