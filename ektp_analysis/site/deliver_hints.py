"""What of a tool's own message may be shown."""

from __future__ import annotations

import re

LENGTH = 160


def last_line(message: str) -> str:
    """The last line that says something, without a password in an address, and not too long.

    Examples
    --------
    >>> last_line("a\\nfatal: unable to access 'https://x:token@host/': no route\\n\\n")
    "fatal: unable to access 'https://…@host/': no route"
    """
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    text = re.sub(r"://[^/@\s]+@", "://…@", lines[-1]) if lines else ""
    return text[:LENGTH].rstrip(".")
