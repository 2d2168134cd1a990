"""The house style reads in light and in the dark mode's turned colours; the label stays off the line."""

import numpy as np
import pandas as pd
import pytest

from ektp_analysis.figures.backlog import trend_figure
from ektp_analysis.figures.style import BLUE, GREEN, GREY, ORANGE, RED, STYLE
from ektp_analysis.refusal import Refusal


def turned(color):
    """CSS ``invert(.9) hue-rotate(180deg)`` (Filter Effects Module, section 9)."""
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    rgb = rgb * (1 - 2 * 0.9) + 0.9
    c, s = -1.0, 0.0
    rotation = np.array(
        [
            [
                0.213 + c * 0.787 - s * 0.213,
                0.715 - c * 0.715 - s * 0.715,
                0.072 - c * 0.072 + s * 0.928,
            ],
            [
                0.213 - c * 0.213 + s * 0.143,
                0.715 + c * 0.285 + s * 0.140,
                0.072 - c * 0.072 - s * 0.283,
            ],
            [
                0.213 - c * 0.213 - s * 0.787,
                0.715 - c * 0.715 + s * 0.715,
                0.072 + c * 0.928 + s * 0.072,
            ],
        ]
    )
    return np.clip(rotation @ rgb, 0, 1)


def luminance(rgb):
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("color", [BLUE, ORANGE, GREEN, RED, GREY, "#2b333b", "#1b232b"])
def test_inks_read_on_both_grounds(color):
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    assert contrast(rgb, np.ones(3)) >= 4.5
    assert contrast(turned(color), turned("#ffffff")) >= 4.5


def test_turned_paper_is_the_dark_paper():
    assert np.allclose(turned("#ffffff") * 255, 0x1A, atol=1)


@pytest.mark.parametrize("slope", [-20, 20])
def test_value_label_is_off_the_line(slope):
    weeks = pd.DataFrame(
        {"as_of": pd.date_range("2023-08-04", periods=52, freq="7D"),
         "unrecorded": [1500 + slope * i for i in range(52)]}
    )  # fmt: skip
    figure = trend_figure(weeks, Refusal("belum"), "Judul")
    figure.canvas.draw()
    axes = figure.axes[0]
    (label,) = [t for t in axes.texts if t.get_text()]
    box = label.get_window_extent()
    line = axes.lines[0].get_path().transformed(axes.lines[0].get_transform())
    assert not line.intersects_bbox(box, filled=False)


def test_style_is_a_file_that_analysts_can_use():
    import matplotlib.style

    with matplotlib.style.context(STYLE):
        assert matplotlib.rcParams["svg.hashsalt"] == "ektp"
