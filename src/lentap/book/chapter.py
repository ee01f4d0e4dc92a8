"""A chapter as the book sees it: its cells, the parameters it declares, the tables and modules it reads."""

import ast
import io
import tokenize
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jupytext
from nbformat import NotebookNode

from lentap.book.modules import closure
from lentap.design import Design
from lentap.errors import InputError, ParameterError
from lentap.forms import nearest
from lentap.parameters import Choice, Files, Rule, Value, check, parse, rule_of


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell."""

    name: str
    type_name: str
    default: Value
    help: str


@dataclass(frozen=True)
class Chapter:
    """A notebook in MyST Markdown; ``name`` is its place below ``chapters/`` without the suffix."""

    name: str
    path: Path
    package: Path

    @cached_property
    def notebook(self) -> NotebookNode:
        return jupytext.read(self.path)

    def cells(self, design: Design) -> list[NotebookNode]:
        """The cells that apply to a trial: those tagged ``lentap`` are about LEN-TAP alone."""
        return [cell for cell in self.notebook.cells if design.is_lentap or "lentap" not in tags(cell)]

    def uses(self, parameter: str, design: Design) -> bool:
        """Whether a cell that applies to a trial reads a parameter."""
        sources = [c.source for c in self.cells(design) if c.cell_type == "code" and "parameters" not in tags(c)]
        nodes = (node for source in sources for node in ast.walk(ast.parse(source)))
        return any(isinstance(node, ast.Name) and node.id == parameter for node in nodes)

    @cached_property
    def title(self) -> str:
        """The page's first heading."""
        for cell in self.notebook.cells:
            if cell.cell_type == "markdown":
                for line in cell.source.splitlines():
                    if line.startswith("# "):
                        return str(line[2:].strip())
        msg = f"{self.name}: the chapter has no title (a markdown line that starts with '# ')"
        raise InputError(msg)

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The declared parameters, in order.

        Raises
        ------
        ParameterError
            A line is not ``name: Type = literal  # meaning``.
        """
        cells = [cell for cell in self.notebook.cells if "parameters" in tags(cell)]
        if not cells:
            return {}
        source = cells[0].source
        comments = {
            token.start[0]: token.string.lstrip("# ")
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type == tokenize.COMMENT
        }
        return {p.name: p for p in (self._parameter(node, comments) for node in ast.parse(source).body)}

    def _parameter(self, node: ast.stmt, comments: dict[int, str]) -> Parameter:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id=type_name), value=ast.expr() as value):
                rule_of(type_name)
                return Parameter(name, type_name, ast.literal_eval(value), comments.get(node.lineno, ""))
        msg = f"{self.name}: parameters are declared as 'name: Type = value  # meaning', not as {ast.unparse(node)!r}"
        raise ParameterError(msg)

    @cached_property
    def _trees(self) -> list[ast.Module]:
        return [ast.parse(cell.source) for cell in self.notebook.cells if cell.cell_type == "code"]

    @cached_property
    def tables(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Trial tables its ``load_trial`` calls name: those it needs and those it can do without."""
        needed: list[str] = []
        optional: list[str] = []
        for tree in self._trees:
            for node in ast.walk(tree):
                match node:
                    case ast.Call(func=ast.Name(id="load_trial"), args=[_, *names], keywords=keywords):
                        needed += [ast.literal_eval(name) for name in names]
                        optional += [t for k in keywords if k.arg == "optional" for t in ast.literal_eval(k.value)]
        return tuple(dict.fromkeys(needed)), tuple(dict.fromkeys(optional))

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """Modules of the package it imports, directly or not."""
        return closure(self._trees, self.package)

    @property
    def imports(self) -> list[str]:
        """Import statements of its cells."""
        nodes = [node for tree in self._trees for node in tree.body]
        return [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]

    def read(self, name: str, text: str) -> Value:
        """A command line's text as a value of the parameter's type.

        Raises
        ------
        ParameterError
            The chapter has no such parameter; the nearest name is suggested.
        """
        self._known(name)
        return parse(text, rule_of(self.parameters[name].type_name)[0])

    def resolve(self, given: dict[str, Value], design: Design) -> dict[str, Value]:
        """Every parameter's value: as given, else the default, else (where the trial knows no such word) its first.

        Raises
        ------
        ParameterError
            A name is unknown or a value is not legal.
        """
        for name in given:
            self._known(name)
        values: dict[str, Value] = {}
        for name, parameter in self.parameters.items():
            _, rule = rule_of(parameter.type_name)
            value = given.get(name, parameter.default)
            if name not in given and isinstance(rule, Choice) and not rule.accepts(value, design):
                value = next(iter(rule.words(design)), value)
            values[name] = (
                value if self._undeclared(rule, design) else check(self.name, name, value, parameter.type_name, design)
            )
        return values

    def brought(self, name: str, value: Value) -> list[Path]:
        """The reader's own files that a parameter's value stands for."""
        _, rule = rule_of(self.parameters[name].type_name)
        return rule.brought(value) if isinstance(rule, Files) else []

    def _known(self, name: str) -> None:
        if name not in self.parameters:
            legal = ", ".join(self.parameters) or "none"
            msg = f"{self.name}: no parameter {name!r}{nearest(name, self.parameters)}; it has: {legal}"
            raise ParameterError(msg)

    @staticmethod
    def _undeclared(rule: Rule, design: Design) -> bool:
        return isinstance(rule, Choice) and not rule.words(design)

    def undeclared(self, design: Design) -> list[str]:
        """What the chapter lets one choose of which the trial declares nothing, such as a criterion or a marker."""
        types = [parameter.type_name for parameter in self.parameters.values()]
        return [name for name in types if self._undeclared(rule_of(name)[1], design)]


def tags(cell: NotebookNode) -> list[str]:
    """Tags of a cell."""
    found: Any = cell.metadata.get("tags", [])
    return list(found)


def declare(source: str, values: dict[str, Value]) -> str:
    """A parameters cell with other values in its lines, comments kept."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            at, value = node.value, repr(values[node.target.id])
            line = lines[at.lineno - 1].encode()
            rest = line[at.end_col_offset or 0 :].decode()
            quoted = f'"{value[1:-1]}"' if value.startswith("'") and '"' not in value else value
            lines[at.lineno - 1] = line[: at.col_offset].decode() + quoted + rest
    return "\n".join(lines)


def find_chapters(folder: Path, package: Path) -> dict[str, Chapter]:
    """Every chapter below a folder, by name."""
    paths = sorted(folder.rglob("*.md"))
    names = [path.relative_to(folder).with_suffix("").as_posix() for path in paths]
    return {name: Chapter(name, path, package) for name, path in zip(names, paths, strict=True)}


def get_chapter(chapters: dict[str, Chapter], name: str) -> Chapter:
    """The chapter of that name.

    Raises
    ------
    InputError
        There is none; the nearest name is suggested.
    """
    if name not in chapters:
        msg = f"no chapter {name!r}{nearest(name, chapters)}; the book has: {', '.join(chapters)}"
        raise InputError(msg)
    return chapters[name]
