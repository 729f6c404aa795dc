"""Two versions of a workflow: what changed, as a person would tell it, and the graph it happened in."""
