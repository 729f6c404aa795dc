"""What people may ask of the App by a comment, one command a file."""
