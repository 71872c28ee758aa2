"""A real browser at a real Spotter: web, worker, periodic jobs, Redis and a database of their own."""
