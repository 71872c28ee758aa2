"""Every address: Django's admin, the API under /api/, media under /media/, pages at the root."""

from django.contrib import admin
from django.urls import include, path

from review.api import api

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("", include("review.urls")),
]
