"""Builds what runs workflows: models, skills, clocks, keys."""

import asyncio
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from app.adapters.agents import open_agents
from app.adapters.http_skill import HTTP_GET
from app.adapters.user_skills import SkillFolder
from workflow import FindSkill, Perform, Program, Skill, VirtualTimeLoop, perform_live

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
API_KEY_VARIABLE = "FLUJO_MODEL_API_KEY"


def open_performer(spec_path: Path, *, base_url: str | None = None) -> Perform:
    """Build what makes attempts for the spec at that path: its models, its skills, and the skills with effects."""
    agents = open_agents(base_url=base_url, api_key=os.environ.get(API_KEY_VARIABLE))
    return perform_live(agents, _with_adapters(SkillFolder(spec_path.resolve().parent).find))


def choose_loop(program: Program) -> LoopFactory | None:
    """Simulated latency is skipped, not waited for; as soon as one model is real, so is the clock."""
    models = [plan.agent.model for plan in program.leaves.values() if plan.agent]
    return VirtualTimeLoop if all(model.startswith("sim:") for model in models) else None


def load_hash_key(folder: Path) -> bytes:
    """Return the key that input hashes are made with, creating it on first use; only this user can read it."""
    path = folder / "hash.key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        key = secrets.token_bytes(32)
        part = path.with_suffix(f".{os.getpid()}")
        part.touch(mode=0o600)
        part.write_bytes(key)
        try:
            os.link(part, path)
        except FileExistsError:
            key = path.read_bytes()
        finally:
            part.unlink()
        return key


def user_folder() -> Path:
    """Return where this user's own state lives (XDG base directories)."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "flujo"


def _with_adapters(find: FindSkill) -> FindSkill:
    adapters: dict[str, Skill] = {HTTP_GET.reference: HTTP_GET}

    def find_skill(reference: str) -> Skill:
        return adapters.get(reference) or find(reference)

    return find_skill
