"""Films measured from their decoded bytes, and reviewers by what they do."""
