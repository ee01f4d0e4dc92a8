"""What a trial's tables are, what each holds, and what its endpoints mean."""

import pandas as pd

from lentap.adam import Trial, dictionary
from lentap.adam.schemas import tables
from lentap.design import Design
from lentap.show.format import escaped, listed
from lentap.show.table import Table
from lentap.sources import Source

STATEMENTS = {
    "unit": "Unit",
    "population": "Population",
    "origin": "Time runs from",
    "event": "Event",
    "censoring": "Censored",
    "resection": "Resection",
    "crossover": "Crossover",
    "new_therapy": "New therapy",
}


def contents_points(trial: Trial) -> list[str]:
    """Say what was loaded: subjects by arm, tables, where they come from, how subjects came into their arms."""
    design, subjects = trial.design, len(trial.adsl)
    planned = trial.adsl["TRT01P"].value_counts().reindex(trial.arm_names, fill_value=0)
    arms = listed([f"{count} in {escaped(str(arm))}" for arm, count in planned.items()])
    others = subjects - int(planned.sum())
    absent = [name for name in tables() if name not in trial.tables]
    lacking = f" There is no {' and no '.join(absent)}; a page that needs one says so." if absent else ""
    return [
        f"**{escaped(design.title)}** has {subjects} subjects in its subject table: {arms}"
        + (f", and {others} in no arm of trial.yml." if others else "."),
        f"Its tables are {listed(trial.tables)}.{lacking}",
        f"Where the tables come from: {escaped(design.reference)}" if design.reference else "",
        f"Allocation: {escaped(design.allocation)}" if design.allocation else "",
    ]


def contents_table(trial: Trial, *, source: Source, name: str = "contents") -> Table:
    """List the tables of the data model, with rows and subjects of those the trial has."""
    rows = []
    for table in tables().values():
        frame = trial.frames.get(table.name)
        sizes = ("absent", "") if frame is None else (f"{len(frame):,}", f"{frame['USUBJID'].nunique():,}")
        rows.append((table.name, table.meaning, *sizes))
    frame = pd.DataFrame(rows, columns=["Table", "What a row is", "Rows", "Subjects"])
    caption = f"Tables of {trial.design.title}"
    return Table(frame, name, caption, (source,), left=["What a row is"])


def endpoint_table(design: Design, *, source: Source, name: str = "endpoints") -> Table:
    """List what trial.yml declares about each endpoint."""
    rows = [
        (heading, getattr(endpoint, key), f"{endpoint.name}: {endpoint.label}")
        for endpoint in design.endpoints.values()
        for key, heading in STATEMENTS.items()
    ]
    frame = pd.DataFrame(rows, columns=["Statement", "What trial.yml says", "Endpoint"])
    caption = "Endpoints as trial.yml declares them"
    return Table(frame, name, caption, (source,), left=["What trial.yml says"], groups="Endpoint")


def dictionary_table(name: str = "dictionary") -> Table:
    """List every column of the data model; it holds no number, so it is of no kind of number."""
    frame = dictionary().rename(columns=str.capitalize)
    frame["Table"] = frame["Table"].map({table.name: f"{table.name}: {table.meaning}" for table in tables().values()})
    left = ["Meaning", "Type", "Unit", "Required", "Legal"]
    return Table(frame, name, "Data dictionary", (), left=left, groups="Table")


def assumption_list(assumptions: pd.DataFrame, *, source: Source, name: str = "assumptions") -> Table:
    """List what a synthetic trial was built from: key, value, source and why, under the first word of the key."""
    group, _, rest = (assumptions["key"].str.partition(".")[part] for part in (0, 1, 2))
    words = rest.where(rest != "", group).str.replace("_", " ")
    frame = assumptions.assign(key=words, group=group).rename(columns=str.capitalize)
    caption = (
        "Numbers the synthetic trial is built from; a source is the id of a published fact, or the word assumption"
    )
    return Table(frame, name, caption, (source,), left=["Value", "Source", "Why"], groups="Group")
