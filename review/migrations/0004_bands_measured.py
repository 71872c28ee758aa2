"""Bands are shown only where they follow real disagreement: nobody measured those there were."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def forget_bands(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The curves stay; bundles trained from now on say which of their bands may be drawn."""
    apps.get_model("review", "Curve").objects.update(band_low=b"", band_high=b"")


class Migration(migrations.Migration):
    dependencies = [("review", "0003_precision_floor")]

    operations = [migrations.RunPython(forget_bands, migrations.RunPython.noop)]
