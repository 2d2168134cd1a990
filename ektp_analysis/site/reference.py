"""Reference pages for analysts, made from the code: functions, settings, data contract, commands.

They are written anew at each rendering, so that they cannot fall behind; functions are read, not
imported (griffe). See decision 0901 on why not by the renderers' own generators.
"""

from __future__ import annotations

import html
import inspect
import json
import re
from pathlib import Path
from typing import Any

import griffe
import typer

from ektp_analysis import schema
from ektp_analysis.parameters import REPORTS
from ektp_analysis.settings import PREFIX, SETTINGS_FILE, Settings

FOLDER = Path("docs/analis/rujukan")
MODULES = {
    "Tables and accounts": ["schema", "store", "backlog", "accounts", "projection", "outlook"],
    "Cohorts": ["cohort", "survival", "log_rank", "inflow"],
    "Visits and plans": [
        "visits", "event_study", "net_effect", "pooling", "choices", "planning", "scenarios",
    ],
    "Disclosure control": ["privacy", "protection", "disclosure"],
    "What a report shows": [
        "exhibit", "exhibits.load", "exhibits.overview", "exhibits.backlog", "exhibits.movements",
        "exhibits.outlook", "exhibits.cohort", "exhibits.arrivals", "exhibits.visits",
        "exhibits.impact", "exhibits.planning", "exhibits.quality", "figures.style", "text", "format",
    ],
    "Parameters and errors": ["parameters", "settings", "regions", "refusal", "errors"],
}  # fmt: skip
_ROLE = re.compile(r":(?:func|class|mod|data|meth|attr|exc):`~?([^`]+)`")
_LITERAL = re.compile(r"``(.+?)``", re.S)


def write_reference(project: Path) -> list[Path]:
    """Write all reference pages of a project that has documentation; others get none.

    Returns
    -------
    list of Path
        The pages, ``docs/analis/rujukan/*.qmd``.
    """
    if not (project / FOLDER.parent).is_dir():
        return []
    folder = project / FOLDER
    folder.mkdir(exist_ok=True)
    pages = {
        "pengaturan": settings_page(),
        "kontrak-data": contract_page(),
        "parameter": parameters_page(),
        "perintah": commands_page(),
        **api_pages(),
    }
    written = []
    for name, text in pages.items():
        path = folder / f"{name}.qmd"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        written.append(path)
    for stale in set(folder.glob("*.qmd")) - set(written):
        stale.unlink()
    return written


def _page(title: str, *parts: str) -> str:
    return f"---\ntitle: {json.dumps(title, ensure_ascii=False)}\nlang: en\n---\n\n" + "\n\n".join(
        part.strip() for part in parts if part.strip()
    ) + "\n"  # fmt: skip


def _cell(text: object) -> str:
    """Text that stays in one cell of a Markdown table."""
    return html.escape(" ".join(str(text).split()), quote=False).replace("|", "\\|")


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in lines)


def settings_page() -> str:
    """What may be set in ``ektp.toml`` and the environment."""
    rows = []
    for name, field in Settings.model_fields.items():
        kind = getattr(field.annotation, "__name__", str(field.annotation))
        bounds = ", ".join(str(m) for m in field.metadata)
        default = field.default.as_posix() if isinstance(field.default, Path) else field.default
        rows.append(
            [
                f"`{name}`",
                f"`{_cell(kind)}`",
                f"`{_cell(default)}`",
                _cell(bounds),
                _cell(field.description),
            ]
        )
    return _page(
        "Settings",
        f"Read from `{SETTINGS_FILE}` in the working folder, then from the environment "
        f"(`{PREFIX}` and the name in capitals, which wins). `ektp settings` shows what is in force; "
        "a wrong name or value is refused with a sentence.",
        _table(["Setting", "Type", "Default", "Bounds", "Meaning (as staff read it)"], rows),
    )


def contract_page() -> str:
    """The tables of the weekly store."""
    parts = [
        "One folder a date, `as_of=YYYY-MM-DD/`, of Parquet files; the tables are aggregates and are "
        "validated on every write and read. Open them with `ektp_analysis.store.open_store().load()`."
    ]
    for name, model in schema.TABLES.items():
        rows = []
        fields = model.to_schema().columns
        for column, spec in fields.items():
            checks = "; ".join(str(check.error or check.name) for check in spec.checks)
            rows.append(
                [f"`{column}`", f"`{spec.dtype}`", "yes" if spec.nullable else "no", _cell(checks),
                 _cell(spec.description or "")]
            )  # fmt: skip
        parts += [
            f"## {name} {{#{name}}}",
            _prose(inspect.cleandoc(model.__doc__ or "")),
            _table(["Column", "Type", "May be missing", "Checks", "Meaning"], rows),
        ]
    return _page("Data contract", *parts)


def parameters_page() -> str:
    """The parameters of every report."""
    parts = [
        "One typed schema for each report serves the notebook's parameters cell, papermill's `-p`, "
        "`ektp report` and `ektp run`."
    ]
    for report in REPORTS.values():
        rows = []
        for name in report.parameters.names():
            field = report.parameters.model_fields[name]
            kind = getattr(field.annotation, "__name__", "")
            rows.append(
                [f"`{name}`", f"`{kind}`", f"`{field.default!r}`", _cell(field.description)]
            )
        parts += [
            f"## {report.name} {{#{report.name}}}",
            _cell(report.title)
            + ("; one page for each kecamatan." if report.per_district else "."),
            _table(["Parameter", "Type", "Default", "Meaning"], rows),
        ]
    return _page("Parameters of the reports", *parts)


def commands_page() -> str:
    """Help texts of all commands."""
    from ektp_analysis.cli import app

    root: Any = typer.main.get_command(app)
    parts = ["Every command explains itself with `--help`; the texts are those that staff read."]
    for name in sorted(root.commands):
        command = root.commands[name]
        parts += [f"## ektp {name} {{#{name}}}", f"{_cell(command.help or '')}"]
        if isinstance(command, typer.core.TyperGroup):
            listed = command.commands if command.commands else {}
            rows = [[f"`ektp {name} {sub}`", _cell(one.help or "")] for sub, one in listed.items()]
        else:
            rows = [
                [
                    f"`{_cell(' '.join(getattr(p, 'opts', [p.name])))}`",
                    _cell(getattr(p, "help", "") or ""),
                ]
                for p in command.params
                if p.name != "help"
            ]
        if rows:
            parts.append(_table(["Use", "Meaning"], rows))
    return _page("Commands", *parts)


def api_pages() -> dict[str, str]:
    """One page for each module that analysts use, by stem, and the index ``index``."""
    package: Any = griffe.load("ektp_analysis")
    pages, index = {}, ["Functions by module, from their docstrings."]
    for heading, names in MODULES.items():
        rows = []
        for name in names:
            try:
                module = package[name]
            except KeyError:
                continue  # a test holds that all are there; the weekly site must not fall over it
            stem = f"modul-{name.replace('.', '-').replace('_', '-')}"
            pages[stem] = _page(f"ektp_analysis.{name}", *_module(module))
            summary = module.docstring.value.partition("\n")[0] if module.docstring else ""
            rows.append([f"[{name}]({stem}.qmd)", _cell(_inline(summary))])
        index += [f"## {heading}", _table(["Module", "What it holds"], rows)]
    others = ["pengaturan", "kontrak-data", "parameter", "perintah"]
    titles = ["Settings", "Data contract", "Parameters of the reports", "Commands"]
    links = "\n".join(f"- [{t}]({o}.qmd)" for o, t in zip(others, titles, strict=True))
    pages["index"] = _page("Reference", links, *index)
    return pages


def _module(module: Any) -> list[str]:
    parts = [_prose(module.docstring.value)] if module.docstring else []
    for name, member in module.members.items():
        if name.startswith("_") or member.is_alias or not (member.is_function or member.is_class):
            continue
        parts += _entry(member)
    return parts


def _entry(member: Any) -> list[str]:
    kind = "class " if member.is_class else ""
    parts = [f"## {kind}{member.name} {{#{member.name}}}"]
    if member.is_function:
        parts.append(f"```python\n{member.signature()}\n```")
    if member.docstring:
        parts += [_section(section) for section in member.docstring.parse("numpy")]
    if member.is_class:
        for name, inner in member.members.items():
            if inner.is_function and not name.startswith("_") and inner.docstring:
                parts.append(f"**`{inner.signature()}`**  \n{_prose(inner.docstring.value)}")
    return parts


def _section(section: Any) -> str:
    kind, value = section.kind.value, section.value
    if kind == "text":
        return _prose(value)
    if kind == "examples":
        lines = [text for _, text in value]
        return "```python\n" + "\n".join(lines) + "\n```"
    if kind in ("parameters", "attributes", "returns", "raises"):
        rows = [
            [
                f"`{_cell(getattr(one, 'name', '') or one.annotation or '')}`",
                _cell(_inline(one.description)),
            ]
            for one in value
        ]
        return f"**{kind.capitalize()}**\n\n" + _table(["", ""], rows)
    return ""


def _inline(text: str) -> str:
    """reStructuredText roles and double backticks as Markdown code."""
    # code that goes over lines: a line of it that starts with a minus would be a list
    text = _LITERAL.sub(lambda m: f"`{' '.join(m[1].split())}`", text)
    return _ROLE.sub(r"`\1`", text)


def _prose(text: str) -> str:
    """A docstring's words as Markdown: roles as code, tags inert, underlined heads in bold."""
    plain = re.sub(r"^(\w[\w ]*)\n-{3,}$", r"**\1**\n", _inline(text), flags=re.M)
    return re.sub(r"<(?=[a-zA-Z/!])", "&lt;", re.sub(r"^>>> .*$", r"`\g<0>`", plain, flags=re.M))
