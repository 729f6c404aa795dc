"""Git on this machine, cut by concern; `app.adapters.local_git` puts the pieces together."""
