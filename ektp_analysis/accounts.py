"""Stock-flow accounts of the unrecorded residents.

``closing = opening + inflows - outflows + unexplained``; the unexplained part is what the weekly
counts show and the listed events do not, and it is shown, never spread over the other items.
"""

from __future__ import annotations

import pandas as pd

INFLOWS = ["turned_17", "moved_in", "married_early"]
OUTFLOWS = ["recorded_office", "recorded_visit", "recorded_other", "moved_out", "died"]


def weekly_accounts(
    stock: pd.DataFrame, flow: pd.DataFrame, by: list[str] | None = None
) -> pd.DataFrame:
    """Accounts of each week for which the week before is in the stock too.

    Parameters
    ----------
    stock, flow
        Tables of the store.
    by
        Further keys, for example ``["village_code"]`` or ``["birth_year"]``; none by default.

    Returns
    -------
    DataFrame
        ``week``, keys, ``opening``, the inflows, the outflows (all int, persons, all positive),
        ``unexplained`` (int, may be negative) and ``closing``.
    """
    keys = by or []
    level = stock.groupby(["as_of", *keys])["unrecorded"].sum()
    wide = level.unstack(keys, fill_value=0) if keys else level.to_frame()
    opening = wide.shift(1).iloc[1:]
    closing = wide.iloc[1:]
    columns = INFLOWS + OUTFLOWS
    moves = flow.groupby(["week", *keys])[columns].sum()
    if keys:
        frame = pd.DataFrame(
            {
                "opening": opening.stack(keys, future_stack=True),
                "closing": closing.stack(keys, future_stack=True),
            }
        )
    else:
        frame = pd.DataFrame({"opening": opening.iloc[:, 0], "closing": closing.iloc[:, 0]})
    frame.index = frame.index.set_names(["week", *keys]) if keys else frame.index.rename("week")
    frame = frame.join(moves).fillna(0).astype("int64")
    frame["unexplained"] = (
        frame["closing"]
        - frame["opening"]
        - frame[INFLOWS].sum(axis=1)
        + frame[OUTFLOWS].sum(axis=1)
    )
    return frame[["opening", *columns, "unexplained", "closing"]].reset_index()


def waterfall(accounts: pd.DataFrame, weeks: int = 1) -> pd.DataFrame:
    """The steps from the opening to the closing stock over the last weeks.

    Parameters
    ----------
    accounts
        From :func:`weekly_accounts` without further keys.
    weeks
        How many of the last weeks to add up.

    Returns
    -------
    DataFrame
        ``item`` (str: opening, each flow, unexplained, closing), ``change`` (int, persons, signed;
        the level itself for opening and closing) and ``level`` (int, stock after the step). Empty
        when there is no account.
    """
    last = accounts.sort_values("week").tail(weeks)
    if last.empty:
        return pd.DataFrame(
            {
                "item": pd.Series(dtype=str),
                "change": pd.Series(dtype="int64"),
                "level": pd.Series(dtype="int64"),
            }
        )
    signed = {name: int(last[name].sum()) for name in INFLOWS}
    signed |= {name: -int(last[name].sum()) for name in OUTFLOWS}
    signed["unexplained"] = int(last["unexplained"].sum())
    level = int(last["opening"].iloc[0])
    rows = [("opening", level, level)]
    for item, change in signed.items():
        level += change
        rows.append((item, change, level))
    rows.append(("closing", level, level))
    return pd.DataFrame(rows, columns=["item", "change", "level"])
