"""What happens later: work from rows, handed to a queue; a clock that asks for work; a tick that loses nothing."""
