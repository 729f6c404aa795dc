"""What the App does on GitHub, one behaviour a file: each reads how things stand and writes only what is missing."""
