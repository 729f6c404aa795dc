"""Tests embedded in a spec: live and replayed, what they cover, how often they pass."""
