"""The order of the house: a module imports only from the floors below its own."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "lentap"
FLOORS = [
    {"errors"},
    {"sources", "files", "forms"},
    {"design", "event_groups", "results"},
    {"adam", "choices", "ctcae", "estimands", "folders", "published", "parameters"},
    {"simulate"},
    {"stats"},
    {"immune"},
    {"show"},
    {"claims", "validation"},
    {"book"},
    {"cli"},
    {"__main__"},
]
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names}
MODULES = sorted(path.relative_to(SOURCE) for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


def imported(path: Path) -> set[str]:
    """Top names within the package that a module imports anywhere."""
    names = set()
    for node in ast.walk(ast.parse((SOURCE / path).read_text(encoding="utf-8"))):
        match node:
            case ast.ImportFrom(module="lentap"):
                names |= {alias.name for alias in node.names if not alias.name.startswith("__version")}
            case ast.ImportFrom(module=str(module)) if module.startswith("lentap."):
                names.add(module.split(".")[1])
            case ast.Import():
                names |= {a.name.split(".")[1] for a in node.names if a.name.startswith("lentap.")}
    return names


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_imports_only_from_the_floors_below(path: Path) -> None:
    own = path.parts[0].removesuffix(".py")
    above = {name for name in imported(path) - {own} if FLOOR[name] >= FLOOR[own]}
    assert not above, f"{path} stands on floor {FLOOR[own]} and imports {above}"
