"""All commands, in the order in which `/flujo help` lists them; a new one is one file and one line."""

from typing import Final

from app.behaviours.commands.apply import apply
from app.behaviours.commands.command import Command
from app.behaviours.commands.explain import explain
from app.behaviours.commands.pause import PAUSE_USAGE, pause, resume
from app.behaviours.commands.rebase import rebase
from app.behaviours.commands.reject import REJECT_USAGE, reject
from app.behaviours.commands.rollback import rollback
from app.behaviours.commands.simulate import simulate
from app.behaviours.commands.tell_commands import tell_commands

COMMANDS: Final = (
    Command("explain", "", "tells why this was proposed and what it rests on", explain),
    Command("reject", REJECT_USAGE, "closes a proposal; its effect isn't proposed again", reject),
    Command("apply", "", "merges a proposal once its tests passed; its risk is yours", apply),
    Command("rollback", "", "takes back what was applied", rollback),
    Command("simulate", "", "tells what would go by itself in another mode", simulate),
    Command("rebase", "", "makes a proposal anew on the base branch as it is now", rebase),
    Command("pause", PAUSE_USAGE, "proposes nothing in this repository for so long", pause),
    Command("resume", "", "ends a pause", resume),
    Command("help", "", "lists the commands", tell_commands),
)
