"""Our own contract, as far as spans of other emitters may carry it: what they declare goes before what they call it."""

from typing import Final

from telemetry import attributes as names
from telemetry.volume.aliases.table import Alias, AliasTable, Meaning

OWN: Final = AliasTable(
    emitter="Flujo",
    version=names.CONTRACT_VERSION,
    source="span-attributes.md",
    aliases=(
        Alias(names.STEP_ID, Meaning.STEP_ID, "1"),
        Alias(names.SPEC_SHA256, Meaning.SPEC_SHA256, "1"),
        Alias(names.SPEC_PATH, Meaning.SPEC_PATH, "1"),
        Alias(names.YAML_PATH, Meaning.YAML_PATH, "1"),
        Alias(names.REPOSITORY, Meaning.REPOSITORY, "1"),
        Alias(names.RUN_ID, Meaning.RUN_ID, "1"),
        Alias(names.OUTCOME, Meaning.OUTCOME, "1"),
        Alias(names.ERROR_CLASS, Meaning.ERROR_CLASS, "1"),
        Alias(names.COST_USD, Meaning.COST_USD, "1"),
    ),
)
