"""Runs kept: recorded, replayed, paused and resumed, retraced step by step."""
