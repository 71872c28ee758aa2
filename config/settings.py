"""Every setting of Spotter, and the only place that reads the environment.

A value that makes no sense stops the process at start, with the name of the variable and what to do.
A secret may come from a file: for `SECRET_KEY` set `SECRET_KEY_FILE`, and so on for each secret.
"""

from __future__ import annotations

import os
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def _text(name: str, default: str = "") -> str:
    """A variable that is set to nothing counts as not set."""
    return os.environ.get(name, "").strip() or default


def _secret(name: str, default: str = "") -> str:
    """The variable itself, or the content of the file that `<name>_FILE` points to."""
    file = _text(f"{name}_FILE")
    if not file:
        return _text(name, default)
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE points to {file}, which cannot be read: {error}.") from error


def _switch(name: str, default: bool) -> bool:
    value = _text(name).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    if value == "":
        return default
    raise ImproperlyConfigured(f"{name} is {value!r}; set it to 1 or 0.")


def _number(name: str, default: int, *, least: int, most: int) -> int:
    value = _text(name) or str(default)
    if not value.isdigit() or not least <= int(value) <= most:
        raise ImproperlyConfigured(f"{name} is {value!r}; set it to a whole number from {least} to {most}.")
    return int(value)


def _words(name: str, default: str) -> list[str]:
    return [word.strip() for word in _text(name, default).split(",") if word.strip()]


# --- Where things live --------------------------------------------------------------------------------------
SPOTTER_HOME = Path(_text("SPOTTER_HOME") or BASE_DIR / "var").resolve()
MEDIA_ROOT = SPOTTER_HOME / "media"
BUNDLES_ROOT = SPOTTER_HOME / "bundles"
SNAPSHOTS_ROOT = SPOTTER_HOME / "snapshots"
SPOTTER_WEIGHTS = Path(_text("SPOTTER_WEIGHTS") or SPOTTER_HOME / "weights").resolve()
if SPOTTER_WEIGHTS.exists() and not SPOTTER_WEIGHTS.is_dir():
    raise ImproperlyConfigured(
        f"SPOTTER_WEIGHTS is {SPOTTER_WEIGHTS}, which is no folder. Name the folder of the weight files."
    )
_DEVELOPMENT_KEY = "local-development-key-not-for-production"


def _left_by_make_run(name: str, otherwise: str) -> str:
    """What `make run` wrote into its folder, so that a command typed by hand finds the same Redis."""
    file = SPOTTER_HOME / name
    return file.read_text(encoding="utf-8").strip() if file.is_file() else otherwise


# --- Security -----------------------------------------------------------------------------------------------
DEBUG = _switch("DEBUG", default=False)
PRODUCTION = _switch("SPOTTER_PRODUCTION", default=False)
SECRET_KEY = _secret("SECRET_KEY") or (
    "" if PRODUCTION else _left_by_make_run("secret_key", _DEVELOPMENT_KEY)
)
if not SECRET_KEY:
    raise ImproperlyConfigured("SPOTTER_PRODUCTION is on, so SECRET_KEY or SECRET_KEY_FILE must be set.")
ALLOWED_HOSTS = _words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = _words("CSRF_TRUSTED_ORIGINS", "")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _switch("SECURE_COOKIES", default=PRODUCTION)
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if _switch("TRUST_PROXY", default=False) else None
)
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

# --- The app ------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_vite",
    "ninja",
    "review",
    "worker",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "review.api.middleware.problems_under_api",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "review.languages.in_their_language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
AUTH_USER_MODEL = "review.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "queue"
LOGOUT_REDIRECT_URL = "login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database -----------------------------------------------------------------------------------------------
# SQLite needs WAL and immediate transactions, or eight writers lock each other out (373 of 1,600
# failed).
_SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;",
}


def _database() -> dict[str, object]:
    url = _secret("DATABASE_URL") or f"sqlite:///{SPOTTER_HOME / 'db.sqlite3'}"
    try:
        parsed: dict[str, object] = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    except (ValueError, dj_database_url.ParseError) as error:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {error}") from error
    if parsed["ENGINE"] == "django.db.backends.sqlite3":
        parsed["OPTIONS"] = _SQLITE_OPTIONS
        Path(str(parsed["NAME"])).parent.mkdir(parents=True, exist_ok=True)
    password = _secret("DATABASE_PASSWORD")
    if password:
        parsed["PASSWORD"] = password
    return parsed


DATABASES = {"default": _database()}

# --- Languages, time, static files --------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = SPOTTER_HOME / "static"
_FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
# A folder that is not built yet would only make Django warn at each start.
STATICFILES_DIRS = [_FRONTEND_DIST] if _FRONTEND_DIST.is_dir() else []
DJANGO_VITE = {
    "default": {
        "dev_mode": _switch("VITE_DEV", default=False),
        "manifest_path": _FRONTEND_DIST / ".vite" / "manifest.json",
    }
}
# Vite names built files by their content, so browsers may keep them for good.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# --- Jobs ---------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = _secret("REDIS_URL") or _left_by_make_run("redis/url", "redis://127.0.0.1:6379/0")
# The row is the truth: results live in the database, Redis only wakes people up.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than the longest job, or Redis hands a running job out a second time. After a kill, the short restore
# interval gives unacknowledged messages back within seconds instead of a minute.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 12 * 3600,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "socket_keepalive": True,
}
CELERY_TASK_ALWAYS_EAGER = _switch("CELERY_EAGER", default=False)
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_STORE_EAGER_RESULT = False
CELERY_TASK_DEFAULT_QUEUE = "analysis"
CELERY_TASK_ROUTES = {
    "worker.analysis_run": {"queue": "analysis"},
    # Behind the training that caused it: neither uploads nor upkeep wait for a thousand re-scorings.
    "worker.video_rescore": {"queue": "training"},
    "worker.training_run": {"queue": "training"},
    # Behind the uploads that wait, so that extracting known videos anew holds up none of them.
    "worker.upkeep_features": {"queue": "analysis"},
    "worker.upkeep_*": {"queue": "upkeep"},
}
# One that nobody ran before the next is due is dropped: after a night without workers one of each is enough.
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": every_s, "options": {"expires": every_s}}
    for name, task, every_s in (
        ("give back stale rows and resend lost messages", "worker.upkeep_recover", 10.0),
        ("expire leases", "worker.upkeep_leases", 15.0),
        ("start a training when enough reviews are settled", "worker.upkeep_training", 15.0),
        ("extract features anew where better ones can be had", "worker.upkeep_features", 30.0),
        ("remove what broken-off uploads and trainings left", "worker.upkeep_sweep", 3600.0),
    )
}

# --- Spotter's own knobs ------------------------------------------------------------------------------------
UPLOAD_MAX_BYTES = _number("UPLOAD_MAX_MB", 4096, least=1, most=1_000_000) * 1024 * 1024
VIDEO_MAX_SECONDS = _number("VIDEO_MAX_HOURS", 12, least=1, most=100) * 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "review.media.UploadLimitHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_TEMP_DIR = _text("UPLOAD_TEMP_DIR") or None
# Served by nginx through X-Accel-Redirect where set ("/protected/"), by our own range view otherwise.
MEDIA_ACCEL_PREFIX = _text("MEDIA_ACCEL_PREFIX")
CHILD_CPU_SECONDS = _number("CHILD_CPU_SECONDS", 14_400, least=5, most=1_000_000)
CHILD_MEMORY_MB = _number("CHILD_MEMORY_MB", 4096, least=512, most=1_000_000)
CHILD_FILE_MB = _number("CHILD_FILE_MB", 8192, least=16, most=1_000_000)
CHILD_SILENCE_SECONDS = _number("CHILD_SILENCE_SECONDS", 120, least=5, most=100_000)
HEARTBEAT_SECONDS = 2
STALE_AFTER_SECONDS = _number("STALE_AFTER_SECONDS", 20, least=5, most=100_000)
ANALYSIS_MAX_ATTEMPTS = _number("ANALYSIS_MAX_ATTEMPTS", 3, least=1, most=20)
RETRAIN_AFTER_REVIEWS = _number("RETRAIN_AFTER_REVIEWS", 25, least=1, most=1_000_000)
FIRST_BUNDLE_AFTER_REVIEWS = _number("FIRST_BUNDLE_AFTER_REVIEWS", 8, least=1, most=1_000_000)
SPOTTER_VIEWS_MINUTES = _number("SPOTTER_VIEWS_MINUTES", 0, least=0, most=100_000)
TRAINING_AUTOMATIC = _switch("TRAINING_AUTOMATIC", default=True)

# --- Logs ---------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": _text("LOG_LEVEL", "INFO")},
}
