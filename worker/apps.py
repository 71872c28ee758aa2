from django.apps import AppConfig


class WorkerConfig(AppConfig):
    """Installed in every process, for its commands; its modules import ml only inside functions."""

    name = "worker"
