"""The learning core: media, features, models and hints. It has never heard of Django."""
