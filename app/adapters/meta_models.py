"""Opens the model that is asked for patches by name, at its provider or at an OpenAI-compatible server."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_ai.models import Model
    from pydantic_ai.providers import Provider

_DEFAULT_PROVIDER = "openai"
_NO_KEY = "no-key"


def open_model(name: str, *, base_url: str | None = None, api_key: str | None = None) -> "Model":
    """Open a model without asking it anything; a name without a provider is OpenAI's.

    With a `base_url` requests go to that server and carry `api_key` or none: a key from the environment is never sent
    to a server it wasn't made for. Raises pydantic-ai's `UserError` when the provider needs a key and there is none.
    """
    full_name = name if ":" in name else f"{_DEFAULT_PROVIDER}:{name}"
    if base_url is not None:
        return _open_compatible(full_name.partition(":")[2], base_url, api_key)
    return _open_at_provider(full_name, api_key)


def _open_compatible(name: str, base_url: str, api_key: str | None) -> "Model":
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(base_url=base_url, api_key=api_key or _NO_KEY)
    return OpenAIChatModel(name, provider=provider)


def _open_at_provider(name: str, api_key: str | None) -> "Model":
    from collections.abc import Callable

    from pydantic_ai.models import infer_model
    from pydantic_ai.providers import infer_provider_class

    def open_provider(provider: str) -> "Provider[object]":
        build: Callable[..., Provider[object]] = infer_provider_class(provider)
        return build(api_key=api_key)

    return (
        infer_model(name) if api_key is None else infer_model(name, provider_factory=open_provider)
    )
