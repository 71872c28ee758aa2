"""Trunk, heads and fusion: window statistics, linear heads fitted convexly, and how they combine."""
