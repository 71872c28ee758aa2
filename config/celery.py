"""The Celery app. Jobs live in worker/jobs.py; the web process only names them (review/jobs.py)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("spotter")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Only a process that runs jobs imports them: `celery worker` does so when it starts, the web never.
app.conf.imports = ("worker.jobs",)
