"""What a film sounds like: synthesised ambience, incidents, and their mix."""
