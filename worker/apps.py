from django.apps import AppConfig


class WorkerConfig(AppConfig):
    """Installed in every process, so that its commands are found; its modules import ml only inside functions."""

    name = "worker"
