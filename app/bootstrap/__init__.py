"""The one place that builds what the application runs on, by what is to be done with it.

`running` builds models, skills, clocks and keys; `improving` builds stores, settings and proposers. They are imported
one at a time, so that a command pays only for what it uses.
"""
