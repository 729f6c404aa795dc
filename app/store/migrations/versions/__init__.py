"""The revisions, oldest first: each says what it adds, and which one it follows."""
