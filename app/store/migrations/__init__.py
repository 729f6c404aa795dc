"""How the database came to be, one revision a module; a revision that was released never changes."""
