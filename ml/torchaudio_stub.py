"""Import torchaudio on a CPU build of torch.

torchaudio's wheel carries an optional compiled extension that links CUDA's libraries; beside a CPU
torch the import fails on it. Spotter uses none of its compiled ops (only mel scales, plain torch
underneath), so the extension module is replaced by an empty one before the first import.
Why this and not another wheel: docs/adr/0002.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType


def _stub_extension() -> None:
    """Put an inert `torchaudio._extension` in place; a real one that is already loaded stays."""
    if "torchaudio" in sys.modules:
        return
    stub = ModuleType("torchaudio._extension")
    stub.__dict__.update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_RIR_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        fail_if_no_align=lambda function: function,
        lazy_import_sox_ext=lambda: None,
    )
    sys.modules.setdefault("torchaudio._extension", stub)


def torchaudio_functional() -> ModuleType:
    """Return `torchaudio.functional`, importable whatever build of torch is installed."""
    _stub_extension()
    return importlib.import_module("torchaudio.functional")


def torchaudio_models() -> ModuleType:
    """Return `torchaudio.models`, importable whatever build of torch is installed."""
    _stub_extension()
    return importlib.import_module("torchaudio.models")
