"""Who answers an agent's call: a simulated model for `sim:NAME`, a real one for every other name."""

from app.adapters.model_agents import ModelAgents
from app.adapters.simulated_models import PREFIX, ask_simulated
from workflow import AgentCall, AgentReply, AskAgent


def open_agents(*, base_url: str | None = None, api_key: str | None = None) -> AskAgent:
    """Return what asks a model by its name; the arguments are for real models only, as `ModelAgents` says."""
    models = ModelAgents(base_url=base_url, api_key=api_key)

    async def ask(call: AgentCall) -> AgentReply:
        if call.model.startswith(PREFIX):
            return await ask_simulated(call)
        return await models.ask(call)

    return ask
