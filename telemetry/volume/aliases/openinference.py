"""OpenInference, the conventions of Arize's instrumentations."""

from typing import Final

from telemetry.volume.aliases.table import Alias, AliasTable, Meaning, Work

OPENINFERENCE: Final = AliasTable(
    emitter="OpenInference",
    version="0.1.42",
    source="https://arize-ai.github.io/openinference/spec/semantic_conventions.html",
    aliases=(
        Alias("openinference.span.kind", Meaning.OPERATION),
        Alias("llm.provider", Meaning.PROVIDER),
        Alias("llm.system", Meaning.PROVIDER),
        Alias("llm.model_name", Meaning.RESPONSE_MODEL),
        Alias("embedding.model_name", Meaning.RESPONSE_MODEL),
        Alias("llm.token_count.prompt", Meaning.INPUT_TOKENS),
        Alias("llm.token_count.completion", Meaning.OUTPUT_TOKENS),
        Alias("llm.token_count.prompt_details.cache_read", Meaning.CACHE_READ_TOKENS),
        Alias("llm.token_count.prompt_details.cache_write", Meaning.CACHE_WRITE_TOKENS),
        Alias("llm.cost.total", Meaning.COST_USD),
    ),
    works={"LLM": Work.CALL, "EMBEDDING": Work.CALL, "AGENT": Work.AGENT},
)
