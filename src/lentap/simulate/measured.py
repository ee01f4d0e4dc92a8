"""The form of the assumptions on what is given and measured: doses, laboratory values, lesions and their readers."""

from dataclasses import dataclass, fields

PANELS = {
    "liver": ("ALT", "AST", "BILI", "ALP", "ALB"),
    "blood": ("PLT", "INR"),
    "thyroid": ("TSH",),
    "urine": ("UPROT",),
}
TESTS = tuple(code for codes in PANELS.values() for code in codes)


@dataclass(frozen=True)
class Dosing:
    """Doses of the drugs, and what lowers, delays or interrupts them."""

    lenvatinib_heavy_mg: float
    lenvatinib_light_mg: float
    lenvatinib_heavy_from_kg: float
    lenvatinib_levels_mg: list[float]
    lenvatinib_longest_hold_days: int
    pd1_mg: float
    pd1_weeks: int
    pd1_jitter_days: int
    pd1_missed_percent: float
    pd1_longest_hold_days: int
    tace_hold_days: int
    before_resection_hold_days: int
    after_resection_hold_days: int
    tace_mg: float
    tace_lowered_mg: float
    tace_lowered_percent: float


@dataclass(frozen=True)
class Analyte:
    """A laboratory test: limits of normal in each of two laboratories, baseline, and what moves it.

    ``after_tace_ratio`` is the median extreme after a session as a multiple of the patient's own level, and
    ``session_ratio`` what remains of each session.
    """

    name: str
    unit: str
    decimals: int
    low: list[float]
    high: list[float]
    median: float
    log_sd: float
    least: float
    most: float
    noise_log_sd: float
    after_tace_ratio: float
    session_ratio: float


@dataclass(frozen=True)
class Laboratory:
    """When blood and urine are examined, and what is found."""

    weeks: list[int]
    seldom_weeks: int
    visit_jitter_days: int
    earliest_baseline_days: int
    missed_percent: float
    missing_percent: float
    after_tace_days: list[int]
    after_tace_log_sd: float
    after_tace_half_life_days: float
    unresolved_days: int
    hbv_aminotransferase_ratio: float
    aminotransferase_correlation: float
    albumin_points_percent: float
    albumin_two_points: list[float]
    bilirubin_two_points: list[float]
    tsh_by_grade: list[float]
    tests: dict[str, Analyte]


@dataclass(frozen=True)
class Tumours:
    """Target lesions at baseline, how they shrink or grow, and what progression looks like."""

    earliest_baseline_days: int
    second_percent: float
    diameter_median_mm: float
    diameter_log_sd: float
    diameter_least_mm: float
    diameter_most_mm: float
    second_share: list[float]
    second_least_mm: float
    viable_share: list[float]
    viable_share_minor: list[float]
    viable_least_mm: float
    viable_last_responder: list[float]
    viable_last_other: list[float]
    whole_last_responder: list[float]
    whole_last_other: list[float]
    settling_days: float
    noise_log_sd: float
    drift_log_sd: float
    growth: list[float]
    new_lesion_percent: float
    other_progression_percent: float
    elsewhere_percent: float


@dataclass(frozen=True)
class SecondReader:
    """How the second reader of the images differs from the first."""

    lesion_log_sd: float
    visit_log_sd: float
    residue_percent: float
    residue_share: float
    overlooks_percent: float
    overlooked_share: float
    missed_lesion_percent: float
    false_lesion_percent: float
    other_lesions_percent: float


@dataclass(frozen=True)
class Dye:
    """A dye, under the name of its detector: the marker it stains, and the share of its light on every detector.

    ``second_batch_ratio`` multiplies its light in the second batch.
    """

    marker: str
    spillover: list[float]
    second_batch_ratio: float


@dataclass(frozen=True)
class Cells:
    """A kind of cell: how many of the events, how it scatters light, and how it stains.

    ``scatter`` is forward and side scatter, ``log10_stain`` the decimal logarithm of the mean intensity of each dye of
    the panel; 0 stands for unstained.
    """

    events_percent: float
    scatter: list[float]
    log10_stain: list[float]


@dataclass(frozen=True)
class Cytometry:
    """FCS files of some patients: how many events, what cells, and what the instrument does to their light."""

    patients: int
    visits: list[int]
    events: int
    dead_percent: float
    dead_log10_stain: float
    doublet_percent: float
    scatter_log_sd: float
    pulse_height_ratio: float
    pulse_log_sd: float
    doublet_area_ratio: float
    stain_log10_sd: float
    unstained_sd: float
    photon_sd: float
    dyes: dict[str, Dye]
    cells: dict[str, Cells]
    duplicated_events: int


def measured_rules(dosing: Dosing, laboratory: Laboratory, tumours: Tumours) -> list[tuple[bool, str, str]]:
    """What must hold between entries: whether it does, which entry to mend, and what is legal there."""
    levels, tests = dosing.lenvatinib_levels_mg, laboratory.tests
    doses = {dosing.lenvatinib_heavy_mg, dosing.lenvatinib_light_mg}
    spans = [(f"tumours.{one.name}", getattr(tumours, one.name)) for one in fields(tumours)]
    two_points = {"albumin": laboratory.albumin_two_points, "bilirubin": laboratory.bilirubin_two_points}
    spans += [(f"laboratory.{name}_two_points", span) for name, span in two_points.items()]
    limits = [(code, test.least < test.most, len(test.low) == len(test.high) == 2) for code, test in tests.items()]
    one_up = "1 or more"
    return [
        (levels == sorted(set(levels), reverse=True) and doses <= set(levels), "dosing.lenvatinib_levels_mg",
         "falling, with both doses among them"),
        (dosing.pd1_weeks >= 1, "dosing.pd1_weeks", one_up),
        (laboratory.seldom_weeks >= 1, "laboratory.seldom_weeks", one_up),
        (laboratory.earliest_baseline_days >= 1, "laboratory.earliest_baseline_days", one_up),
        (tumours.earliest_baseline_days >= 1, "tumours.earliest_baseline_days", one_up),
        (len(laboratory.tsh_by_grade) == 3, "laboratory.tsh_by_grade", "three numbers"),
        (set(tests) == set(TESTS), "laboratory.tests", ", ".join(TESTS)),
        *((low, f"laboratory.tests.{code}.most", "more than least") for code, low, _ in limits),
        *((two, f"laboratory.tests.{code}.high", "two numbers, like low") for code, _, two in limits),
        *((len(span) == 2 and span[0] <= span[1], key, "two numbers, the lower one first")
          for key, span in spans if isinstance(span, list)),
    ]  # fmt: skip
