"""The known truth of the synthetic kabupaten: every rate that the simulator uses.

The rates are invented, in an order of magnitude that yields the few published facts (early August
2024: more than 211,000 wajib KTP, about 13,000 of them unrecorded). They say nothing about the
real kabupaten.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Parameters:
    """Rates of the microsimulation. Hazards are per week and person.

    Parameters
    ----------
    eligible_residents
        Aimed number of eligible residents at the end (persons), before ``scale``.
    scale
        Size of the population against the whole kabupaten (1.0).
    older_unrecorded
        Share unrecorded at the start among those who turned 17 over six years before.
    office_hazard, distance_scale
        Weekly hazard of recording at the office at distance 0; it falls as ``exp(-km/scale)``.
    young_factor, young_years
        Office hazard is multiplied by the factor up to this age (school, work, driving licence).
    other_hazard
        Weekly hazard of recording elsewhere (schools, other regencies).
    frailty_shape
        Shape of the gamma frailty (mean 1) of the office hazard; differs between persons.
    visit_probability
        Probability that an unrecorded resident of the village is recorded at a first visit.
        Zero makes visits without any effect.
    visit_spread
        Standard deviation of the log of the visit's own luck.
    village_spread
        Standard deviation of the log of a village's own level of yield (mean 1).
    repeat_factor
        Multiplies the probability once for each earlier visit in the last ``repeat_weeks``.
    displacement, displacement_weeks
        Share by which the office hazard is lower in a visited village, from the visit on.
    spoiled_share, spoiled_factor
        Share of visits spoiled (weather, network, power), and what is left of their probability.
    move_in_hazard, move_out_hazard, death_hazard
        Weekly hazards; deaths are those of an adult of age 45 and double every 9 years.
    moved_in_unrecorded
        Share unrecorded among eligible persons who move in.
    early_marriage
        Share of girls who marry between 15½ and 17.
    visits_per_week
        Visits of the team in a week.
    """

    eligible_residents: int = 211_500
    scale: float = 1.0
    older_unrecorded: float = 0.0877
    office_hazard: float = 0.0062
    distance_scale: float = 40.0
    young_factor: float = 5.0
    young_years: float = 18.5
    other_hazard: float = 0.0004
    frailty_shape: float = 1.5
    visit_probability: float = 0.24
    visit_spread: float = 0.20
    village_spread: float = 0.0
    repeat_factor: float = 0.75
    repeat_weeks: int = 26
    displacement: float = 0.35
    displacement_weeks: int = 4
    spoiled_share: float = 0.08
    spoiled_factor: float = 0.25
    move_in_hazard: float = 0.00030
    move_out_hazard: float = 0.00028
    death_hazard: float = 0.000040
    moved_in_unrecorded: float = 0.10
    early_marriage: float = 0.02
    visits_per_week: int = 3
    finished_districts: tuple[str, ...] = (
        "Sindang Beliti Ilir",
        "Sindang Beliti Ulu",
        "Kota Padang",
    )
    finished_factor: float = field(default=0.06)
    """Backlog of the finished kecamatan relative to the others at the start."""

    def as_dict(self) -> dict[str, object]:
        """Plain dictionary, for ``truth.json``."""
        return asdict(self)
