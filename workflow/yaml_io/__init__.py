"""YAML as text: parsed with positions, written anew, never reformatted."""
