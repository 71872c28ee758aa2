"""`python -m tools.words [--check]`: the server's message catalogues, read out of the code and compiled.

What is marked by gettext in review/ (Python and templates) becomes django.po under review/locale/: what is
translated stays, what nobody says any more goes, and django.mo is made from it. With --check nothing is
written: the answer is 1 when a catalogue is behind the code, or a sentence is not translated.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from tools.environment import ROOT

ROOM = ROOT / "review"
LANGUAGES = {"zh_Hans": "nplurals=1; plural=0;"}
# Babel dates what it writes: the same words must make the same bytes.
UNDATED = datetime(2026, 1, 1, tzinfo=UTC)
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
}


def main(arguments: list[str]) -> int:
    """Bring every catalogue up to the code, or say which are behind."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    problems = []
    for locale in LANGUAGES:
        made = updated(locale)
        if "--check" in arguments:
            problems += behind(locale, made)
        else:
            problems += untranslated(locale, made)
            _write(locale, made)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def said() -> Iterator[tuple[str, int, str | tuple[str, ...]]]:
    """File, line and message (or its two forms) of everything that is marked."""
    for file in sorted([*ROOM.rglob("*.py"), *ROOM.rglob("*.html")]):
        if "migrations" in file.parts:
            continue
        source = file.read_text(encoding="utf-8")
        name = file.relative_to(ROOT).as_posix()
        readable = templatize(source, origin=name) if file.suffix == ".html" else source
        for line, message, _, _ in extract("python", BytesIO(readable.encode()), KEYWORDS):
            yield name, line, message


def updated(locale: str) -> Catalog:
    """The stored catalogue with today's messages; their files are named, their lines change too often."""
    template = Catalog(project="Spotter", fuzzy=False)
    for name, _line, message in said():
        template.add(message, auto_comments=[name])
    file = po_file(locale)
    catalog = _read(file, locale) if file.is_file() else Catalog(locale=locale, project="Spotter")
    catalog.fuzzy = False
    catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    return catalog


def untranslated(locale: str, catalog: Catalog) -> list[str]:
    return [
        f"{locale}: not translated: {message.id!r}"
        for message in catalog
        if message.id and not _has_words(message)
    ]


def _has_words(message: object) -> bool:
    words = getattr(message, "string", "")
    return all(words) if isinstance(words, tuple | list) else bool(words)


def behind(locale: str, made: Catalog) -> list[str]:
    """What a commit forgot: new messages, old ones, words that are not compiled."""
    found = untranslated(locale, made)
    if po_file(locale).read_bytes() != _po_bytes(made):
        found.append(f"{locale}: django.po is behind the code: run python -m tools.words")
    if mo_file(locale).read_bytes() != _mo_bytes(made):
        found.append(f"{locale}: django.mo is behind django.po: run python -m tools.words")
    return found


def po_file(locale: str) -> Path:
    return ROOM / "locale" / locale / "LC_MESSAGES" / "django.po"


def mo_file(locale: str) -> Path:
    return po_file(locale).with_suffix(".mo")


def _read(file: Path, locale: str) -> Catalog:
    with file.open("rb") as stream:
        return read_po(stream, locale=locale)


def _write(locale: str, catalog: Catalog) -> None:
    po_file(locale).parent.mkdir(parents=True, exist_ok=True)
    po_file(locale).write_bytes(_po_bytes(catalog))
    mo_file(locale).write_bytes(_mo_bytes(catalog))


def _po_bytes(catalog: Catalog) -> bytes:
    out = BytesIO()
    write_po(out, catalog, width=110, sort_output=True, omit_header=False, include_lineno=False)
    # Babel stamps the header with dates and its version: what changes with the clock cannot be compared.
    lines = out.getvalue().decode().splitlines(keepends=True)
    stamps = (
        '"POT-Creation-Date',
        '"PO-Revision-Date',
        '"Generated-By',
        '"Last-Translator',
        '"Report-Msgid',
        "# ",
    )
    return "".join(line for line in lines if not line.startswith(stamps) or line.startswith("#:")).encode()


def _mo_bytes(catalog: Catalog) -> bytes:
    out = BytesIO()
    compiled = read_po(BytesIO(_po_bytes(catalog)), locale=catalog.locale)
    compiled.creation_date = compiled.revision_date = UNDATED
    write_mo(out, compiled)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
