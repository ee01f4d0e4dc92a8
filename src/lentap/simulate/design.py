"""What the simulated trial says of itself: the content of its trial.yml."""

from typing import Any

TRIAL_ID = "lentap-synthetic"
STUDY = "LENTAP-SYNTHETIC"
ARM_NAMES = {True: "LEN-TAP", False: "TACE"}
CRITERIA = {"mRECIST": "OVRMR", "RECIST 1.1": "OVRR11"}
MARKER_UNIT = "% of CD8+ T cells"
MARKER = {"DRCD38": {"label": "HLA-DR+CD38+ among CD8+ T cells", "unit": MARKER_UNIT}}
_NO_CROSSOVER = "not simulated: no patient crosses over"
_NO_THERAPY = "not simulated: no patient starts another anticancer therapy"
ENDPOINTS = {
    "OS": {
        "label": "Overall survival",
        "unit": "months",
        "population": "ITT",
        "origin": "date of enrolment",
        "event": "death from any cause",
        "censoring": "date last known alive",
        "resection": "ignored: follow-up goes on through salvage resection",
        "crossover": _NO_CROSSOVER,
        "new_therapy": _NO_THERAPY,
    },
    "EFS": {
        "label": "Event-free survival",
        "unit": "months",
        "population": "ITT",
        "origin": "date of enrolment",
        "event": "progression by mRECIST, recurrence after salvage resection, or death from any cause",
        "censoring": "date of the last assessment without event; the day of enrolment where there was none",
        "resection": "not an event: tumour assessment gives way to surveillance for recurrence",
        "crossover": _NO_CROSSOVER,
        "new_therapy": _NO_THERAPY,
    },
    "RFS": {
        "label": "Recurrence-free survival",
        "unit": "months",
        "population": "RESECTED",
        "origin": "date of salvage resection, whatever its margin",
        "event": "recurrence, or death from any cause",
        "censoring": "date of the last surveillance without recurrence",
        "resection": "its origin: defined among the resected only, a group formed after enrolment",
        "crossover": _NO_CROSSOVER,
        "new_therapy": _NO_THERAPY,
    },
}


def trial_design(*, seed: int, patients: int, conditioned: bool) -> dict[str, Any]:
    """Build the content of trial.yml.

    Parameters
    ----------
    conditioned
        Whether the numbers of resections were made to equal the published ones.
    """
    counts = " The numbers of resections were made to equal the published ones; everything else was drawn."
    said = f"with seed {seed}. No patient of LEN-TAP is in it and it says nothing about what LEN-TAP found."
    return {
        "id": TRIAL_ID,
        "title": "LEN-TAP, a synthetic trial",
        "source": "synthetic",
        "companion_to": "NCT04997850",
        "allocation": (
            "unresolved: the abstract of LEN-TAP says assigned, a digest of the paper says randomly assigned 1:1; "
            "the synthetic trial draws the patients of both arms from one population"
        ),
        "reference": (
            f"Synthetic: {patients} patients drawn by lentap simulate from data/assumptions.yml {said}"
            f"{counts if conditioned else ''}"
        ),
        "arms": [
            {"name": "LEN-TAP", "label": "Lenvatinib, TACE and a PD-1 inhibitor", "role": "experimental"},
            {"name": "TACE", "label": "TACE alone", "role": "control"},
        ],
        "populations": {
            "ITT": {"label": "All enrolled patients", "flag": "ITTFL", "arm": "TRT01P"},
            "SAF": {"label": "All treated patients", "flag": "SAFFL", "arm": "TRT01A"},
            "PP": {"label": "Treated patients without major protocol deviation", "flag": "PPROTFL", "arm": "TRT01P"},
            "RESECTED": {"label": "Patients who underwent salvage resection", "flag": "RESFL", "arm": "TRT01P"},
            "BCLC_C": {"label": "Patients in BCLC stage C", "arm": "TRT01P", "where": {"BCLC": "C"}},
        },
        "endpoints": {name: dict(words) for name, words in ENDPOINTS.items()},
        "criteria": dict(CRITERIA),
        "markers": {name: dict(words) for name, words in MARKER.items()},
        "baseline": {
            "AGE": "Age (years)",
            "SEX": "Sex",
            "WEIGHTBL": "Body weight (kg)",
            "HBVFL": "Hepatitis B virus infection",
            "BCLC": "BCLC stage",
            "PVTTFL": "Portal vein tumour thrombus",
            "AFP400FL": "AFP >= 400 ng/mL",
            "AFPBL": "AFP (ng/mL)",
            "CHILDPGH": "Child-Pugh class and score",
            "ECOG": "ECOG performance status",
        },
    }
