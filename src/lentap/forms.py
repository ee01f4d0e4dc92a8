"""YAML that people fill in: every missing, unknown or illegal entry is named, all of them in one message."""

import difflib
from collections.abc import Iterable, Mapping
from math import inf, isfinite
from pathlib import Path
from typing import Any

import yaml

from lentap.errors import DataError


def nearest(word: str, known: Iterable[str]) -> str:
    """Hint at the known word that looks most like this one; empty where none does."""
    words = {w.lower(): w for w in known}
    close = difflib.get_close_matches(word.lower(), words, n=1)
    return f" (did you mean {words[close[0]]!r}?)" if close else ""


def read_words(file: Path) -> Any:
    """Read YAML whose scalars all stay text (an arm may be called No, or 1) and where a key stands once.

    Raises
    ------
    DataError
        The file cannot be read, or is not YAML; line and column are named.
    """
    try:
        return yaml.load(file.read_bytes(), Loader=_Words)
    except OSError as error:
        msg = f"{file}: cannot be read: {error.strerror}"
        raise DataError(msg) from error
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        place = getattr(error, "problem_mark", None)
        where = f", line {place.line + 1}, column {place.column + 1}" if place else ""
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
        msg = f"{file}{where}: {what}"
        raise DataError(msg) from error


class _Words(yaml.BaseLoader):
    pass


def _mapping(loader: _Words, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(problem="a key must be a word", problem_mark=key.start_mark)
        if key.value in seen:
            raise yaml.constructor.ConstructorError(problem=f"key {key.value!r} twice", problem_mark=key.start_mark)
        seen.add(key.value)
    return loader.construct_mapping(node, deep=True)


_Words.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


class Form:
    """Reads entries and remembers every problem, so that one look at the message mends them all."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def complain(self, file: Path) -> None:
        """Raise DataError with every problem found, a line each, if there is one."""
        if self.problems:
            msg = "\n".join(f"{file}: {problem}" for problem in self.problems)
            raise DataError(msg)

    def mapping(self, found: Any, where: str) -> dict[str, Any]:
        if isinstance(found, dict):
            return found
        if found not in (None, ""):
            self._illegal(found, where or "the file", "entries of the form 'name: value'")
        return {}

    def entry(
        self, found: Any, where: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Take an entry whose keys must all be known, and whose required ones must be there."""
        entry = self.mapping(found, where)
        known = (*required, *optional)
        prefix = f"{where}." if where else ""
        self.problems += [
            f"unknown key '{prefix}{key}'{nearest(key, known)}; legal: {', '.join(known)}"
            for key in entry
            if key not in known
        ]
        missing = [key for key in required if entry.get(key) in (None, "", [], {})]
        if len(missing) > 1 and where:
            self.problems.append(f"{where} lacks {', '.join(missing)}")
        else:
            self.problems += [f"key '{prefix}{key}' is missing" for key in missing]
        return entry

    def named(
        self, top: Mapping[str, Any], key: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, dict[str, Any]]:
        """Take entries that stand under their names."""
        found = self.mapping(top.get(key), key)
        return {name: self.entry(entry, f"{key}.{name}", required, optional) for name, entry in found.items()}

    def text(self, entry: Mapping[str, Any], key: str, where: str = "", legal: tuple[str, ...] = ()) -> str:
        """Take the words of a key: empty where it is absent, else one of ``legal``."""
        place = f"{where}.{key}" if where else key
        found = entry.get(key, "")
        if not isinstance(found, str):
            self._illegal(found, place, " | ".join(legal) or "words")
            return ""
        word = found.strip()
        if word and legal and word not in legal:
            self._illegal(word, place, " | ".join(legal), nearest(word, legal))
        return word

    def words(self, found: Any, where: str) -> dict[str, str]:
        """Take a mapping of words to words."""
        entries = self.mapping(found, where)
        return {key: self.text(entries, key, where) for key in entries}

    def number(self, word: str, where: str) -> float:
        """Take a word that is a finite number; 0 stands in where it is none."""
        try:
            value = float(word)
        except ValueError:
            value = inf
        if not isfinite(value):
            self._illegal(word, where, "a number")
            return 0.0
        return value

    def entries(self, found: Any, where: str) -> list[Any]:
        """Take a list."""
        if isinstance(found, list):
            return found
        if found not in (None, ""):
            self._illegal(found, where, "a list (lines that start with '- ')")
        return []

    def listed(self, found: Any, where: str) -> tuple[str, ...]:
        """Take a list of words."""
        words = self.entries(found, where)
        for word in words:
            if not isinstance(word, str):
                self._illegal(word, where, "words")
        return tuple(word.strip() for word in words if isinstance(word, str))

    def _illegal(self, found: Any, where: str, legal: str, hint: str = "") -> None:
        shown = repr(found[:60]) if isinstance(found, str) else "a list" if isinstance(found, list) else "a mapping"
        self.problems.append(f"{where} is {shown}{hint}; legal: {legal}")
