"""Opens models by pydantic-ai's names (`openai:gpt-4o-mini`), each at its provider or all at one compatible server."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic_ai.models import Model
    from pydantic_ai.providers import Provider

_NO_KEY = "no-key"


def open_model(
    name: str,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    default_provider: str = "openai",
) -> "Model":
    """Open a model without asking it anything; its connections belong to the event loop that first uses them.

    With a `base_url` requests go to that OpenAI-compatible server, whatever the provider's name, and carry `api_key` or
    none: a key from the environment is never sent to a server it wasn't made for. Raises pydantic-ai's `UserError` when
    the provider is unknown, or needs a key and there is none.
    """
    if ":" not in name and default_provider:
        name = f"{default_provider}:{name}"
    if base_url is not None:
        return _open_compatible(name.partition(":")[2] or name, base_url, api_key)
    from pydantic_ai.models import infer_model
    from pydantic_ai.providers import infer_provider_class

    def open_provider(provider: str) -> "Provider[object]":
        build: Callable[..., Provider[object]] = infer_provider_class(provider)
        return build(api_key=api_key)

    return (
        infer_model(name) if api_key is None else infer_model(name, provider_factory=open_provider)
    )


def _open_compatible(name: str, base_url: str, api_key: str | None) -> "Model":
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(base_url=base_url, api_key=api_key or _NO_KEY)
    return OpenAIChatModel(name, provider=provider)
