"""The rules of a style sheet that a site uses."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Za-z_][\w-]*")
_ATTRIBUTE = re.compile(r'\b(?:class|id)="([^"]*)"')
_TAG = re.compile(r"<([a-z][a-z0-9]*)")
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_NEGATED = re.compile(r":(?:not|where|is|has)\((?:[^()]|\([^()]*\))*\)")
_NAME = re.compile(r"[.#]((?:[\w-]|\\.)+)")
_ELEMENT = re.compile(r"(?:^|[\s>+~,(])([a-z][a-z0-9]*)")
_NESTING = ("@media", "@supports", "@layer", "@container")
_ALWAYS = {"html", "body", "root"}


def names_in_html(text: str) -> set[str]:
    """Tags, classes and ids of a page.

    Examples
    --------
    >>> sorted(names_in_html('<p class="a b" id="c">x</p>'))
    ['a', 'b', 'c', 'p']
    """
    names = set(_TAG.findall(text))
    for value in _ATTRIBUTE.findall(text):
        names.update(value.split())
    return names


def names_in_script(text: str) -> set[str]:
    """All words of a script: it may make elements and classes from any of them."""
    return set(_WORD.findall(text))


def used_rules(css: str, names: set[str]) -> str:
    """The rules whose selectors could match an element of the pages.

    A selector is kept when every tag, class and id in it is among the names; what stands inside
    ``:not()``, ``:is()``, ``:where()`` and ``:has()`` is not looked at, so that a rule is kept
    rather than lost.

    Parameters
    ----------
    css
        A style sheet.
    names
        From :func:`names_in_html` and :func:`names_in_script`.

    Examples
    --------
    >>> used_rules("p{color:red} .x,.y>p{margin:0} @media print{.y{top:0}}", {"p", "x"})
    'p{color:red}.x{margin:0}'
    """
    out = []
    for head, body in _blocks(_COMMENT.sub("", css)):
        if body is None:
            out.append(head + ";")
        elif head.startswith(_NESTING):
            inner = used_rules(body, names)
            if inner:
                out.append(f"{head}{{{inner}}}")
        elif head.startswith("@"):
            out.append(f"{head}{{{body}}}")
        else:
            kept = [s.strip() for s in _split(head) if _may_match(s, names)]
            if kept:
                declarations = " ".join(body.split())
                out.append(f"{','.join(kept)}{{{declarations}}}")
    return "".join(out)


def _blocks(css: str) -> list[tuple[str, str | None]]:
    """``(selector or at-rule, body)`` at the top level; the body is None for ``@charset …;``."""
    found: list[tuple[str, str | None]] = []
    depth, start, head, quote, i = 0, 0, "", "", 0
    while i < len(css):
        c = css[i]
        if quote:
            if c == "\\":
                i += 1
            elif c == quote:
                quote = ""
        elif c in "\"'":
            quote = c
        elif c == "{":
            if depth == 0:
                head, start = css[start:i].strip(), i + 1
            depth += 1
        elif c == "}":
            depth -= 1
            if depth == 0:
                found.append((head, css[start:i]))
                start = i + 1
        elif c == ";" and depth == 0:
            if text := css[start:i].strip():
                found.append((text, None))
            start = i + 1
        i += 1
    return found


def _split(selectors: str) -> list[str]:
    parts, depth, last = [], 0, 0
    for i, c in enumerate(selectors):
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            parts.append(selectors[last:i])
            last = i + 1
    return [*parts, selectors[last:]]


def _may_match(selector: str, names: set[str]) -> bool:
    bare = re.sub(r"\[[^\]]*\]", "", _NEGATED.sub("", selector))
    wanted = {re.sub(r"\\", "", n) for n in _NAME.findall(bare)}
    wanted |= set(_ELEMENT.findall(re.sub(r"[.#:]+(?:[\w-]|\\.)+", "", bare)))
    return wanted <= names | _ALWAYS
