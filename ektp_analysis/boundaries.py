"""The office's own boundary file of the kecamatan, made ready for a small map.

The file is optional: ``data/batas.geojson``, ``.gpkg`` or ``.shp``, with one shape per kecamatan or
per desa. It is read with geopandas (extra ``geo``). Whatever is wrong with it is said on the page,
and the map falls back to tiles; it never stops a report.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ektp_analysis import regions
from ektp_analysis.errors import ParameterError

STEM = "batas"
SUFFIXES = (".geojson", ".gpkg", ".shp")
WIDTH = 640
TOLERANCE = 0.8
"""Simplification in units of the drawing: less than a pixel on a phone."""
SMALLEST = 2.0
"""Islets under this area in the drawing are left out of a shape that has larger parts."""


@dataclass(frozen=True)
class Shapes:
    """Shapes of kecamatan ready to draw.

    Attributes
    ----------
    table
        ``district_code`` (str), ``path`` (str, SVG path data), ``x, y`` (float, a point inside the
        shape). Empty when the file could not be used.
    width, height
        Of the drawing.
    notes
        What was mended or could not be used, as Indonesian sentences for the page.
    """

    table: pd.DataFrame
    width: int
    height: int
    notes: list[str]


def boundary_file(folder: Path) -> Path | None:
    """The boundary file of a data folder, or None."""
    return next((p for s in SUFFIXES if (p := folder / f"{STEM}{s}").exists()), None)


def office_shapes(folder: Path | None = None) -> Shapes | None:
    """Shapes from the office's boundary file; None when there is no file.

    Parameters
    ----------
    folder
        Where the file is; the project's ``data`` by default.
    """
    path = boundary_file(folder or regions.data_dir())
    if path is None:
        return None
    try:
        import geopandas
    except ImportError:
        return _unusable(
            f"Peta batas ({path.name}) tidak dipakai: geopandas belum terpasang "
            "(pip install geopandas)."
        )
    try:
        frame = geopandas.read_file(path)
    except Exception:  # drivers raise whatever they like; the page must still be made
        return _unusable(f"Peta batas tidak dipakai: berkas {path.name} tidak terbaca.")
    return district_shapes(frame, path.name)


def _unusable(*notes: str) -> Shapes:
    empty = pd.DataFrame({"district_code": [], "path": [], "x": [], "y": []}).astype(
        {"district_code": str, "path": str}
    )
    return Shapes(empty, WIDTH, WIDTH, list(notes))


def district_shapes(frame: Any, source: str) -> Shapes:
    """Join shapes to kecamatan, mend and simplify them, and project them for drawing.

    Parameters
    ----------
    frame
        GeoDataFrame of kecamatan or desa. A column with Kemendagri codes (with or without dots; of
        a kecamatan or of a desa) is used first, else one with names of kecamatan.
    source
        File name for the notes.
    """
    notes: list[str] = []
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty].copy()
    if frame.empty:
        return _unusable(f"Peta batas tidak dipakai: {source} tidak memuat bentuk.")
    codes = district_codes(frame.drop(columns=frame.geometry.name))
    if codes.notna().sum() == 0:
        return _unusable(
            f"Peta batas tidak dipakai: tidak ada kolom kode atau nama kecamatan dalam {source}."
        )
    if frame.crs is not None and not frame.crs.is_geographic:
        frame = frame.to_crs(4326)
    west, south, east, north = frame.total_bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return _unusable(f"Peta batas tidak dipakai: {source} tidak menyebut sistem koordinatnya.")
    broken = ~frame.geometry.is_valid
    if broken.any():
        frame.geometry = frame.geometry.make_valid()
        notes.append(f"Peta batas: {int(broken.sum())} bentuk rusak dalam {source} diperbaiki.")
    strangers = int(codes.isna().sum())
    if strangers:
        notes.append(
            f"Peta batas: {strangers} bentuk dalam {source} tidak cocok dengan kecamatan mana pun."
        )
    frame = frame.assign(district_code=codes)[codes.notna()].dissolve("district_code")
    missing = [
        name
        for code, name in regions.districts()[["district_code", "district_name"]].itertuples(
            index=False
        )
        if code not in frame.index
    ]
    if missing:
        notes.append(f"Peta batas: tidak ada bentuk untuk {', '.join(missing)}.")
    drawn, height = _to_drawing(frame.geometry)
    table = pd.DataFrame(
        [
            (code, _path(shape), shape.representative_point().x, shape.representative_point().y)
            for code, shape in drawn.items()
        ],
        columns=["district_code", "path", "x", "y"],
    )
    return Shapes(table, WIDTH, height, notes)


def district_codes(attributes: pd.DataFrame) -> pd.Series:
    """Code of the kecamatan of each shape (str or missing), from codes, else from names.

    Parameters
    ----------
    attributes
        The file's columns without the shapes.
    """
    known = set(regions.districts()["district_code"])
    best = pd.Series(pd.NA, index=attributes.index, dtype="object")
    for column in attributes:
        texts = attributes[column].astype(str)
        for found in (texts.map(_code), texts.map(_code_of_name)):
            hits = found.where(found.isin(known))
            if hits.notna().sum() > best.notna().sum():
                best = hits
    return best


def _code(text: str) -> str | None:
    digits = re.sub(r"\D", "", text.removesuffix(".0"))
    prefix = regions.REGENCY_CODE.replace(".", "")
    if not digits.startswith(prefix) or len(digits) not in (6, 10):
        return None
    return f"{digits[:2]}.{digits[2:4]}.{digits[4:6]}"


def _code_of_name(text: str) -> str | None:
    try:
        return str(regions.find_district(text.strip().title())["district_code"])
    except ParameterError:
        return None


def _to_drawing(shapes: Any) -> tuple[Any, int]:
    """Longitude and latitude to the units of the drawing, north up, simplified."""
    west, south, east, north = shapes.total_bounds
    narrow = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / max((east - west) * narrow, 1e-9)
    height = max(round((north - south) * scale), 1)
    moved = shapes.affine_transform(
        [scale * narrow, 0, 0, -scale, -west * scale * narrow, north * scale]
    )
    return moved.simplify(TOLERANCE, preserve_topology=True), height


def _path(shape: Any) -> str:
    """SVG path data of a polygon or of several, in tenths of a unit."""
    polygons = [p for p in getattr(shape, "geoms", [shape]) if p.geom_type == "Polygon"]
    large = [p for p in polygons if p.area >= SMALLEST] or polygons
    parts = []
    for polygon in large:
        for ring in [polygon.exterior, *polygon.interiors]:
            points = [f"{x:.1f} {y:.1f}" for x, y in list(ring.coords)[:-1]]
            parts.append("M" + "L".join(points) + "Z")
    return "".join(parts)
