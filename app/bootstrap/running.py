"""Builds what runs workflows: models, skills, clocks, keys."""

import asyncio
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from app.adapters.agents import open_agents
from app.adapters.http_skill import HTTP_GET
from app.adapters.settings_files import settings_beside
from app.adapters.user_skills import SkillFolder
from workflow import (
    AgentReply,
    Call,
    FindSkill,
    Perform,
    Program,
    Skill,
    VirtualTimeLoop,
    perform_live,
)

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
API_KEY_VARIABLE = "FLUJO_MODEL_API_KEY"


def open_performer(spec_path: Path, *, base_url: str | None = None) -> Perform:
    """Build what makes attempts for the spec at that path: its models, its skills, and the skills with effects."""
    agents = open_agents(base_url=base_url, api_key=os.environ.get(API_KEY_VARIABLE))
    allow = settings_beside(spec_path).skills.allow
    skills = SkillFolder(spec_path.resolve().parent, allow=allow)
    return perform_live(agents, _with_adapters(skills.find))


def choose_loop(program: Program) -> LoopFactory | None:
    """Simulated latency is skipped, not waited for; as soon as one model is real, so is the clock."""
    models = [plan.agent.model for plan in program.leaves.values() if plan.agent]
    return VirtualTimeLoop if all(model.startswith("sim:") for model in models) else None


def skip_what_has_happened() -> VirtualTimeLoop:
    """Build the loop of a run that goes on: until it calls something anew, its clock is that of what is recorded."""
    return VirtualTimeLoop(count_cpu=False)


def perform_anew(perform: Perform, *, skips_waits: bool) -> Perform:
    """Return what makes attempts on that loop; its clock is one of a live run from the first attempt on."""

    async def perform_now(call: Call) -> AgentReply:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        if skips_waits:
            loop.count_cpu_from_now()
        else:
            loop.keep_to_real_time()
        return await perform(call)

    return perform_now


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


def paused_folder() -> Path:
    """Return where this user's runs wait for answers."""
    return user_folder() / "paused"


def _with_adapters(find: FindSkill) -> FindSkill:
    adapters: dict[str, Skill] = {HTTP_GET.reference: HTTP_GET}

    def find_skill(reference: str) -> Skill:
        return adapters.get(reference) or find(reference)

    return find_skill
