"""`/flujo help`: lists the commands."""

from app.behaviours.commands.command import Answer, Asked


def tell_commands(asked: Asked) -> Answer:
    """List every command with what it does."""
    lines = [f"- `{command.form}` {command.summary}" for command in asked.commands]
    return Answer(True, "\n".join(["People who may write here can ask me:", "", *lines]))
