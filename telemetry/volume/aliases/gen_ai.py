"""OpenTelemetry's conventions for generative AI, current and previous; pydantic-ai and many others speak them.

Versions are those of https://github.com/open-telemetry/semantic-conventions/blob/main/CHANGELOG.md.
"""

from typing import Final

from telemetry.volume.aliases.table import Alias, AliasTable, Meaning, Work

GEN_AI: Final = AliasTable(
    emitter="OpenTelemetry GenAI",
    version="1.41.0",
    source="https://opentelemetry.io/docs/specs/semconv/gen-ai/",
    aliases=(
        Alias("gen_ai.operation.name", Meaning.OPERATION, "1.27.0"),
        Alias("gen_ai.provider.name", Meaning.PROVIDER, "1.37.0"),
        Alias("gen_ai.system", Meaning.PROVIDER, until="1.36.0"),
        Alias("gen_ai.request.model", Meaning.REQUEST_MODEL),
        Alias("gen_ai.response.model", Meaning.RESPONSE_MODEL),
        Alias("gen_ai.usage.input_tokens", Meaning.INPUT_TOKENS, "1.27.0"),
        Alias("gen_ai.usage.prompt_tokens", Meaning.INPUT_TOKENS, until="1.26.0"),
        Alias("gen_ai.usage.output_tokens", Meaning.OUTPUT_TOKENS, "1.27.0"),
        Alias("gen_ai.usage.completion_tokens", Meaning.OUTPUT_TOKENS, until="1.26.0"),
        Alias("gen_ai.usage.cache_read.input_tokens", Meaning.CACHE_READ_TOKENS, "1.40.0"),
        Alias("gen_ai.usage.cache_creation.input_tokens", Meaning.CACHE_WRITE_TOKENS, "1.40.0"),
        # Never in the conventions, but what emitters wrote before there were names for it, and some still do.
        Alias("gen_ai.usage.cache_read_input_tokens", Meaning.RAW_CACHE_READ_TOKENS),
        Alias("gen_ai.usage.cache_creation_input_tokens", Meaning.RAW_CACHE_WRITE_TOKENS),
        # pydantic-ai's own name beside the conventions.
        Alias("operation.cost", Meaning.COST_USD),
    ),
    works={
        "chat": Work.CALL,
        "text_completion": Work.CALL,
        "generate_content": Work.CALL,
        "embeddings": Work.CALL,
        "invoke_agent": Work.AGENT,
    },
    # Before 1.27.0 spans of single requests were all there was.
    implied_by="gen_ai.request.model",
)
