"""The control plane's memory, in one SQLite file: frozen records in and out, one module per table."""

from app.store.applications import (
    Application,
    find_application,
    list_applications,
    mark_reverted,
    save_application,
)
from app.store.database import SCHEMA_VERSION, Store, Transaction, open_store
from app.store.journal import (
    Closing,
    JournalEntry,
    Step,
    announce,
    close,
    list_entries,
    list_open_entries,
)
from app.store.ledger import LedgerRecord, add_to_ledger, list_ledger
from app.store.memory import list_memories, remember
from app.store.proposals import (
    Prediction,
    ProposalRecord,
    find_proposal,
    list_proposals,
    save_proposal,
    set_proposal_state,
)

__all__ = [
    "SCHEMA_VERSION",
    "Application",
    "Closing",
    "JournalEntry",
    "LedgerRecord",
    "Prediction",
    "ProposalRecord",
    "Step",
    "Store",
    "Transaction",
    "add_to_ledger",
    "announce",
    "close",
    "find_application",
    "find_proposal",
    "list_applications",
    "list_entries",
    "list_ledger",
    "list_memories",
    "list_open_entries",
    "list_proposals",
    "mark_reverted",
    "open_store",
    "remember",
    "save_application",
    "save_proposal",
    "set_proposal_state",
]
