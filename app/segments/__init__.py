"""Accepted telemetry: a durable log of bodies, its way into the roll-ups, and its history as Parquet."""
