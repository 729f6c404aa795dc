"""The format of a spec: its models, its JSON Schema, and how a document is read into it."""
