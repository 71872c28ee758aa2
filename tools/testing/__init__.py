"""`make test`: runs every suite with the real servers it needs, and adds up what they say."""
