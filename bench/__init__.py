"""What we measure, and how. Each bench prints one JSON line last and exits 1 when a bar is missed."""
