"""JSON Patches (RFC 6902): read, applied, inverted, locked to a version, made from two documents."""
