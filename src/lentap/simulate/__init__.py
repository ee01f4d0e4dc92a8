"""A synthetic trial: assumptions in, ADaM-like tables out. It shows method and says nothing about LEN-TAP."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from lentap.errors import DataError, InputError, RunError
from lentap.files import data_dir
from lentap.forms import read_words
from lentap.simulate.assumptions import Assumptions
from lentap.simulate.course import follow
from lentap.simulate.cytometry import flow_files, write_files
from lentap.simulate.design import TRIAL_ID, trial_design
from lentap.simulate.events import adverse_events
from lentap.simulate.exposure import exposure
from lentap.simulate.laboratory import laboratory
from lentap.simulate.patients import enrol
from lentap.simulate.readings import readings
from lentap.simulate.sourced import assumption_table, load_assumptions
from lentap.simulate.tables import ArmData, tables, text_parts
from lentap.simulate.treatment import procedures, samples, treat

__all__ = ["Assumptions", "assumption_table", "load_assumptions", "simulate", "write_trial"]
ATTEMPTS = 10_000
FEWEST, MOST = 2, 1_000_000  # patients


def simulate(assumptions: Assumptions, *, seed: int, patients: int) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Draw a trial.

    The same seed gives the same trial. The seed and size of ``assumptions.shipped`` give the shipped trial, each arm of
    which is drawn again until as many of its patients are resected as published: an exact draw from the simulator
    conditional on that number. Any other trial draws the number.

    Returns
    -------
    The tables, by name, with dates as text, and the content of trial.yml.

    Raises
    ------
    InputError
        Fewer than 2 patients or more than a million, or a negative seed.
    RunError
        No draw with the published numbers of resections was found.
    """
    if not FEWEST <= patients <= MOST:
        msg = f"patients is {patients}; legal: {FEWEST}, one in each arm, to {MOST:,}"
        raise InputError(msg)
    if seed < 0:
        msg = f"seed is {seed}; legal: 0 or more"
        raise InputError(msg)
    shipped = assumptions.shipped
    conditioned = (seed, patients) == (shipped.seed, shipped.patients)
    arms = [
        _arm(assumptions, experimental, size, seed, shipped.resected.of(experimental) if conditioned else None)
        for experimental, size in ((True, patients - patients // 2), (False, patients // 2))
    ]
    design = trial_design(seed=seed, patients=patients, conditioned=conditioned)
    return tables(arms, assumptions.response.weeks), design


def _arm(assumptions: Assumptions, experimental: bool, size: int, seed: int, resected: int | None) -> ArmData:
    """Draw one arm, with exactly ``resected`` resections where that is given."""
    for attempt in range(ATTEMPTS):
        streams = map(np.random.default_rng, np.random.SeedSequence([seed, int(experimental), attempt]).spawn(9))
        who, disease, treatment, operations, blood, harms, doses, tests, images = streams
        patients = enrol(assumptions, experimental, size, who)
        course = follow(assumptions, experimental, patients, disease)
        if resected is None or course.resected.sum() == resected:
            break
    else:
        msg = f"no draw with {resected} resections among {size} patients in {ATTEMPTS} attempts"
        raise RunError(msg)
    treated = treat(assumptions, experimental, course, treatment)
    events = adverse_events(assumptions, experimental, course, treated.end, treated.toxic, harms)
    return ArmData(
        experimental,
        patients,
        course,
        treated,
        procedures(assumptions, course, treated, operations),
        samples(assumptions, experimental, course, blood),
        events,
        exposure(assumptions, patients, course, treated, events, doses),
        laboratory(assumptions, patients, course, treated, events, tests),
        readings(assumptions, patients, course, images),
    )


def write_trial(
    folder: Path | None = None, *, seed: int | None = None, patients: int | None = None, fcs: bool = False
) -> Path:
    """Draw a trial and write its tables and trial.yml; the shipped trial by default.

    Parameters
    ----------
    folder
        A folder that is new, empty, or holds a simulated trial, which is replaced; data/trial by default.
    fcs
        Whether to write the FCS files of some patients too, into its folder ``fcs``.

    Returns
    -------
    The folder.

    Raises
    ------
    InputError
        The folder holds something else, or cannot be written; or as for `simulate`.
    """
    folder = folder or data_dir() / "trial"
    _check_replaceable(folder)
    assumptions = load_assumptions()
    found, design = simulate(
        assumptions,
        seed=assumptions.shipped.seed if seed is None else seed,
        patients=assumptions.shipped.patients if patients is None else patients,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(design, sort_keys=False, allow_unicode=True, width=120)
        (folder / "trial.yml").write_text(text, encoding="utf-8", newline="\n")
        for name, table in found.items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(text_parts(name, table))
        if fcs:
            write_files(folder / "fcs", flow_files(assumptions, found["adim"]))
    except OSError as error:
        msg = f"{folder}: cannot be written: {error.strerror}"
        raise InputError(msg) from error
    return folder


def _check_replaceable(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        try:
            found = read_words(folder / "trial.yml")
        except DataError:
            found = None
        if isinstance(found, dict) and found.get("id") == TRIAL_ID and found.get("source") == "synthetic":
            return
    elif not folder.exists() or folder.is_dir():
        return
    msg = f"{folder}: not empty and not a simulated trial; legal: a new or empty folder, or one written by simulate"
    raise InputError(msg)
