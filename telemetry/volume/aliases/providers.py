"""How providers count and what price tables call them: what names of attributes can't say."""

from typing import Final

CACHE_BESIDE_INPUT: Final = frozenset({"anthropic", "aws"})
"""Providers whose own count of input tokens leaves out the cached ones; everybody else's includes them.

Anthropic: "total_input_tokens = cache_read_input_tokens + cache_creation_input_tokens + input_tokens"
(https://platform.claude.com/docs/en/build-with-claude/prompt-caching). Bedrock's Converse counts likewise
(https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html). OpenAI: `cached_tokens` is a detail of
`prompt_tokens` (https://platform.openai.com/docs/guides/prompt-caching).
"""

_PRICED_AS: Final = {
    "anthropic": "anthropic",
    "aws.bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "az.ai.inference": "azure",
    "az.ai.openai": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "gemini": "google",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "x_ai": "x-ai",
    "xai": "x-ai",
    "moonshot": "moonshotai",
}


def find_price_name(provider: str) -> str:
    """Return what `genai-prices` calls a provider; most have one name everywhere."""
    return _PRICED_AS.get(provider, provider)
