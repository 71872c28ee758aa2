"""What sets up, supervises and tests Spotter on one machine. Knows the other rooms by their commands only."""
