"""What a run is held to: policies, budgets, personal data, and the facts they speak about."""
