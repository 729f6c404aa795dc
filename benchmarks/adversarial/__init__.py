"""What a compromised model could try against the guard and the gate, and who judges whether it got anywhere."""
