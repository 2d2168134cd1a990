"""Exhibits of what lies ahead: when the goal is reached, without visits, as now, and by plan."""

from __future__ import annotations

from ektp_analysis import backlog
from ektp_analysis.disclosure import safe_trend
from ektp_analysis.exhibit import Exhibit, show_figure, show_table, show_text
from ektp_analysis.exhibits.backlog import shown_outlook
from ektp_analysis.exhibits.load import Loaded
from ektp_analysis.exhibits.needs import needs
from ektp_analysis.figures.estimates import outlook_figure
from ektp_analysis.refusal import Refusal
from ektp_analysis.tables.estimates import outlook_table
from ektp_analysis.text_estimates import outlook_finding


@needs("ages", "all events")
def paths(loaded: Loaded, folded: str = "") -> Exhibit:
    """The stock so far and in each scenario; ``folded`` are words of a fold that hides it."""
    ahead = shown_outlook(loaded)
    if isinstance(ahead, Refusal):
        return show_text(ahead)
    weeks = safe_trend(
        backlog.trend(loaded.tables.stock), loaded.protection, loaded.tables.district
    )
    finding = outlook_finding(ahead)
    _, data = outlook_table(ahead)
    return show_figure(
        outlook_figure(weeks, ahead, finding),
        name="skenario",
        finding=finding,
        data=data,
        folded=folded,
    )


@needs("ages", "all events")
def scenarios(loaded: Loaded, folded: str = "") -> Exhibit:
    """Date of the goal and what is left, by scenario; folded as in :func:`paths`."""
    ahead = shown_outlook(loaded)
    if isinstance(ahead, Refusal):
        return show_text(ahead)
    table, data = outlook_table(ahead)
    finding = outlook_finding(ahead)
    return show_table(table, name="perkiraan", finding=finding, data=data, folded=folded)
