"""Which code a report depends on: the modules that its notebook imports, and what those import.

The unit is the module. That is sound without running anything: a notebook can only call what some
import statement in reach of it brings in. Finer (single functions) would need to know which object an
attribute belongs to, which Python does not tell. A module that imports by a name which is computed
counts as importing the whole package. Comments, docstrings and layout do not count.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import ektp_analysis

ROOT = ektp_analysis.__name__
PAGE_MAKERS = (
    f"{ROOT}.execute.finish",
    f"{ROOT}.execute.worker",
    f"{ROOT}.execute.warm.engine",
    f"{ROOT}.execute.warm.kernel",
)
"""What turns a notebook into a page, for all reports alike."""
WHOLE = f"{ROOT}.exhibits.whole"
"""What all reports of an edition share."""
DYNAMIC = {"import_module", "__import__", "exec", "eval"}
ASIDE = {
    f"{ROOT}.cli",
    f"{ROOT}.execute",
    *(
        f"{ROOT}.execute.{name}"
        for name in ("plan", "run", "pool", "place", "executors", "guard", "preload")
    ),
    *(f"{ROOT}.execute.warm.{name}" for name in ("client", "server", "imported")),
}
"""Decide what runs, when and where, not what is in it."""


class Code:
    """The package's modules, read once.

    Parameters
    ----------
    folder
        Of the package.
    memory
        File that remembers what was read, by size and time; ``None`` to read everything.
    """

    def __init__(self, folder: Path | None = None, memory: Path | None = None) -> None:
        self.folder = folder or Path(ektp_analysis.__file__).parent
        self._memory = memory

    @cached_property
    def modules(self) -> dict[str, tuple[str, list[str]]]:
        """Digest and imports of every module by its name."""
        known: dict[str, list[object]] = {}
        if self._memory:
            try:
                known = json.loads(self._memory.read_text())
            except (OSError, ValueError):
                known = {}
        out, fresh = {}, {}
        for path in sorted(self.folder.rglob("*.py")):
            name = self._name(path)
            found = path.stat()
            stamp = f"{found.st_size} {found.st_mtime_ns}"
            entry = known.get(name)
            if not isinstance(entry, list) or len(entry) != 3 or entry[0] != stamp:
                entry = [stamp, *read_module(path.read_text(encoding="utf-8"), name, path)]
            fresh[name] = entry
            out[name] = (str(entry[1]), [str(item) for item in entry[2]])  # type: ignore[attr-defined]
        if self._memory and fresh != known:
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            draft = self._memory.with_name(f".{self._memory.name}.{os.getpid()}")
            draft.write_text(json.dumps(fresh))
            draft.replace(self._memory)
        return out

    def _name(self, path: Path) -> str:
        parts = [ROOT, *path.relative_to(self.folder).with_suffix("").parts]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def reach(self, imports: Iterable[str]) -> set[str]:
        """All modules in reach of some imports, with the packages that they lie in."""
        todo, seen = [name for found in imports for name in self._resolve(found)], set()
        while todo:
            name = todo.pop()
            if name in seen or name in ASIDE:
                continue
            seen.add(name)
            for found in self.modules[name][1]:
                todo += self._resolve(found)
        return seen

    def _resolve(self, name: str) -> list[str]:
        if name == "*":
            return list(self.modules)
        parts = name.split(".")
        return [
            known
            for stop in range(1, len(parts) + 1)
            if (known := ".".join(parts[:stop])) in self.modules
        ]

    def digest(self, imports: Iterable[str]) -> str:
        """Hash of all code and other files of the package in reach of some imports."""
        total = hashlib.sha256()
        for name in sorted(self.reach([*imports, *PAGE_MAKERS])):
            total.update(f"{name} {self.modules[name][0]}\n".encode())
        total.update(self._other_files.encode())
        return total.hexdigest()

    @cached_property
    def _other_files(self) -> str:
        """Styles and the like, which any module may read."""
        total = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            kinds = (".py", ".pyc", ".css", ".js")  # the last two are the site's
            if path.is_file() and path.suffix not in kinds:
                total.update(path.name.encode() + path.read_bytes())
        return total.hexdigest()


def read_module(source: str, name: str, path: Path) -> tuple[str, list[str]]:
    """Digest of what a module does, and the names that it imports; ``*`` for "anything"."""
    tree = ast.parse(source)
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    imports = sorted(imported(tree, package))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), imports


def imported(tree: ast.AST, package: str = "") -> set[str]:
    """Names of this package that a piece of code imports anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func
            called = called.id if isinstance(called, ast.Name) else called
            if called in DYNAMIC:
                found.add("*")
    return {name for name in found if name == "*" or name.split(".")[0] == ROOT}


def notebook_imports(sources: Iterable[str]) -> set[str]:
    """The same for the code cells of a notebook; ``*`` when one is not plain Python."""
    found: set[str] = set()
    for source in sources:
        try:
            found |= imported(ast.parse(source))
        except SyntaxError:  # magics
            found.add("*")
    return found
