"""What the report notebooks call: one function, one figure or table with its finding.

Each function takes the loaded tables, runs the analysis and returns an
:class:`ektp_analysis.exhibit.Exhibit`.
"""

from ektp_analysis.exhibits.load import Loaded, load_report

__all__ = ["Loaded", "load_report"]
