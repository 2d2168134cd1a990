"""``ektp sample``: the synthetic kabupaten."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the app."""

    @app.command(help="Buat data contoh sintetis: berkas kantor dari kabupaten tiruan.")
    def sample(
        until: datetime = typer.Option(
            "2024-08-02", formats=["%Y-%m-%d"], help="Tanggal data terakhir (Jumat)."
        ),
        weeks: int = typer.Option(52, min=1, max=104, help="Jumlah minggu."),
        seed: int = typer.Option(20240802, help="Benih acak; benih sama, data sama."),
        scale: float = typer.Option(
            1.0, min=0.001, max=2.0, help="Ukuran dibanding kabupaten penuh."
        ),
        out: Path = typer.Option(Path("data/inbox"), help="Folder berkas kantor."),
        store: Path | None = typer.Option(
            None, help="Tulis langsung ke gudang data (tanpa berkas kantor); untuk pengembang."
        ),
    ) -> None:
        from ektp_analysis.progress import progress_bar
        from ektp_analysis.sample import Parameters, simulate
        from ektp_analysis.sample.office_files import write_office_files

        last = until.date()
        weeks += _further_weeks(last)
        simulation = simulate(Parameters(scale=scale), seed=seed, until=last, weeks=weeks)
        if store is not None:
            _write_store(simulation, store)
            typer.echo(f"{weeks} minggu ditulis ke {store}.")
            return
        with progress_bar("Menulis berkas contoh", len(simulation.as_of)) as step:
            write_office_files(simulation, out, progress=step)
        typer.echo(f"{weeks} minggu berkas contoh (data sintetis) ditulis ke {out}.")


def _further_weeks(until: date) -> int:
    """Weeks after the default last week, so that ``--until`` goes on from the same past."""
    from ektp_analysis.sample import DEFAULT_UNTIL

    return max(0, (until - DEFAULT_UNTIL).days // 7)


def _write_store(simulation: object, root: Path) -> None:
    from ektp_analysis.sample import Simulation
    from ektp_analysis.sample.population import day_number
    from ektp_analysis.sample.tables import durations_table, upcoming_table
    from ektp_analysis.snapshot import write_snapshot

    assert isinstance(simulation, Simulation)
    tables = simulation.tables
    for as_of in simulation.as_of:
        stamp = as_of.isoformat()
        dates = tables["visits"]["date"]
        in_week = (dates > str(as_of - timedelta(days=7))) & (dates <= stamp)
        week = {
            "stock": tables["stock"][tables["stock"]["as_of"] == stamp],
            "flow": tables["flow"][tables["flow"]["week"] == stamp],
            "upcoming": upcoming_table(simulation.people, simulation.place, day_number(as_of)),
            "durations": durations_table(simulation.people, simulation.place, day_number(as_of)),
            "visits": tables["visits"][in_week],
            "quality": tables["quality"],
        }
        write_snapshot(
            root, as_of, week, sources={"simulation": str(simulation.seed)}, synthetic=True
        )
    (root / "truth.json").write_text(json.dumps(simulation.truth, indent=1) + "\n")
