"""Every typed error of `ml` has a code that its class names, and a sentence that ends."""

import ast
from pathlib import Path

import pytest

import ml
from ml import errors
from ml.errors import SpotterMLError

KINDS = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SpotterMLError)
]


def raised() -> set[tuple[str, str]]:
    """(class, code) of each error that is made with its code written out."""
    found = set()
    for source in Path(ml.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                code = node.args[0]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    found.add((node.func.id, code.value))
    return found


@pytest.mark.parametrize("kind", KINDS[1:], ids=lambda kind: kind.__name__)
def test_the_class_names_every_code_it_is_raised_with(kind: type[SpotterMLError]) -> None:
    named = (kind.__doc__ or "").split("Codes:")[1].strip(" .\n").replace("\n", " ").split(",")
    used = {code for name, code in raised() if name == kind.__name__}
    assert used, "or it is raised nowhere"
    assert used <= {code.strip() for code in named}
