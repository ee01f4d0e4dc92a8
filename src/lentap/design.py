"""What a trial says of itself: its ``trial.yml`` (arms, populations, endpoints, ...) and which tables lie beside it."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, cast

from lentap.errors import DataError
from lentap.files import data_dir
from lentap.forms import Form, read_words
from lentap.sources import Source

TABLES = ("adsl", "adtte", "adrs", "adae", "adpr", "adim", "adex", "adlb", "adtr")
SUFFIXES = (".csv", ".parquet", ".xpt", ".sas7bdat")
ROLES = ("experimental", "control")
UNITS = ("days", "weeks", "months", "years")
ARM_COLUMNS = ("TRT01P", "TRT01A")
LENTAP = "NCT04997850"


@dataclass(frozen=True)
class Arm:
    """A treatment arm; ``name`` is its value in the arm columns of ADSL."""

    name: str
    label: str
    role: Literal["experimental", "control"]


@dataclass(frozen=True)
class Population:
    """An analysis population: subjects whose ``flag`` is Y (everyone without one), by the ``arm`` column of ADSL.

    ``where`` narrows it to subjects with one of some words in each of its columns of ADSL.
    """

    name: str
    label: str
    flag: str | None
    arm: Literal["TRT01P", "TRT01A"]
    where: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of ADSL it goes by."""
        return (self.arm, *filter(None, [self.flag]), *self.where)


@dataclass(frozen=True)
class Endpoint:
    """A time-to-event endpoint; ``name`` is its PARAMCD in ADTTE, the sentences are printed beside every result."""

    name: str
    label: str
    unit: Literal["days", "weeks", "months", "years"]
    population: str
    origin: str
    event: str
    censoring: str
    resection: str
    crossover: str
    new_therapy: str


@dataclass(frozen=True)
class Marker:
    """A flow-cytometry marker; ``name`` is its PARAMCD in ADIM."""

    name: str
    label: str
    unit: str


@dataclass(frozen=True)
class Design:
    """Everything ``trial.yml`` declares.

    ``criteria`` maps a response criterion to its PARAMCD in ADRS; ``baseline`` a column of ADSL to its label with unit;
    ``columns`` gives, per table, the file's own name of a column, and ``values`` the canonical word for a file's own.
    ``margins`` gives, by name of a recorded result, the value that matters, such as the smallest effect worth having.
    """

    id: str
    title: str
    source: Source
    companion_to: str
    allocation: str
    reference: str
    arms: tuple[Arm, ...]
    populations: dict[str, Population]
    endpoints: dict[str, Endpoint]
    criteria: dict[str, str]
    markers: dict[str, Marker]
    screen_failures: tuple[str, ...]
    baseline: dict[str, str]
    columns: dict[str, dict[str, str]]
    values: dict[str, dict[str, dict[str, str]]]
    margins: dict[str, float] = field(default_factory=dict)

    @property
    def control(self) -> Arm:
        return next(arm for arm in self.arms if arm.role == "control")

    @property
    def experimental(self) -> tuple[Arm, ...]:
        return tuple(arm for arm in self.arms if arm.role == "experimental")

    @property
    def is_lentap(self) -> bool:
        return self.companion_to == LENTAP


def trial_folder(data: str) -> Path:
    """Folder of a trial: the shipped one, or the reader's own.

    Raises
    ------
    DataError
        There is no such folder, or no trial.yml in it.
    """
    folder = data_dir() / "trial" if data == "shipped" else Path(data).expanduser()
    if not folder.is_dir():
        msg = f"{data}: no such folder; legal: 'shipped', or a folder with a trial.yml and tables"
        raise DataError(msg)
    if not (folder / "trial.yml").is_file():
        others = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in {".yml", ".yaml"})
        hint = f" (there is {', '.join(others)}: is that it? rename it)" if others else ""
        msg = f"{folder}: no trial.yml{hint}; it names arms, populations, endpoints and units of the tables beside it"
        raise DataError(msg)
    return folder


def table_files(folder: Path) -> dict[str, list[Path]]:
    """Files of each canonical table, whatever the case of their names; more than one is for the caller to refuse."""
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.stem.lower() in TABLES and path.suffix.lower() in SUFFIXES and path.is_file():
            files.setdefault(path.stem.lower(), []).append(path)
    return {table: files[table] for table in TABLES if table in files}


def present_tables(folder: Path) -> dict[str, Path]:
    """Find the file of each canonical table.

    Raises
    ------
    DataError
        A table is there in two files.
    """
    files = table_files(folder)
    for table, paths in files.items():
        if len(paths) > 1:
            msg = f"{folder}: table {table} is in {len(paths)} files ({', '.join(p.name for p in paths)}); keep one"
            raise DataError(msg)
    return {table: paths[0] for table, paths in files.items()}


def load_design(folder: Path) -> Design:
    """Read and check the ``trial.yml`` of a folder.

    Raises
    ------
    DataError
        It cannot be read, or entries are missing, unknown or not legal; every one is named.
    """
    file = folder / "trial.yml"
    found = read_words(file)
    form = Form()
    design = _design(form, found)
    form.complain(file)
    return design


def _design(form: Form, found: Any) -> Design:
    optional = (
        *("companion_to", "allocation", "reference", "endpoints", "criteria", "markers"),
        *("screen_failures", "baseline", "columns", "values", "margins"),
    )
    top = form.entry(found, "", ("id", "title", "source", "arms", "populations"), optional)
    populations = {
        name: Population(
            name,
            form.text(entry, "label", f"populations.{name}"),
            form.text(entry, "flag", f"populations.{name}") or None,
            cast("Any", form.text(entry, "arm", f"populations.{name}", ARM_COLUMNS) or "TRT01P"),
            {
                column: form.listed([words] if isinstance(words, str) else words, f"populations.{name}.where.{column}")
                for column, words in form.mapping(entry.get("where"), f"populations.{name}.where").items()
            },
        )
        for name, entry in form.named(top, "populations", ("label",), ("flag", "arm", "where")).items()
    }
    legal = {"unit": UNITS, "population": tuple(populations)}
    words = tuple(field.name for field in fields(Endpoint) if field.name != "name")
    endpoints = {
        name: Endpoint(
            name, **{key: cast("Any", form.text(entry, key, f"endpoints.{name}", legal.get(key, ()))) for key in words}
        )
        for name, entry in form.named(top, "endpoints", words).items()
    }
    markers = {
        name: Marker(name, form.text(entry, "label", f"markers.{name}"), form.text(entry, "unit", f"markers.{name}"))
        for name, entry in form.named(top, "markers", ("label", "unit")).items()
    }
    return Design(
        id=form.text(top, "id"),
        title=form.text(top, "title"),
        source=cast("Source", form.text(top, "source", "", ("synthetic", "yours"))),
        companion_to=form.text(top, "companion_to"),
        allocation=form.text(top, "allocation"),
        reference=form.text(top, "reference"),
        arms=_arms(form, top.get("arms")),
        populations=populations,
        endpoints=endpoints,
        criteria=form.words(top.get("criteria"), "criteria"),
        markers=markers,
        screen_failures=form.listed(top.get("screen_failures"), "screen_failures"),
        baseline=form.words(top.get("baseline"), "baseline"),
        columns={
            table: form.words(names, f"columns.{table}")
            for table, names in form.entry(top.get("columns"), "columns", (), TABLES).items()
        },
        values={
            table: {
                column: form.words(found, f"values.{table}.{column}")
                for column, found in form.mapping(by, f"values.{table}").items()
            }
            for table, by in form.entry(top.get("values"), "values", (), TABLES).items()
        },
        margins={
            name: form.number(word, f"margins.{name}")
            for name, word in form.words(top.get("margins"), "margins").items()
        },
    )


def _arms(form: Form, found: Any) -> tuple[Arm, ...]:
    entries = [
        form.entry(e, f"arms[{i}]", ("name", "label", "role")) for i, e in enumerate(form.entries(found, "arms"), 1)
    ]
    arms = tuple(
        Arm(
            form.text(entry, "name", f"arms[{i}]"),
            form.text(entry, "label", f"arms[{i}]"),
            cast("Any", form.text(entry, "role", f"arms[{i}]", ROLES)),
        )
        for i, entry in enumerate(entries, start=1)
    )
    names = [arm.name for arm in arms]
    roles = [arm.role for arm in arms]
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        form.problems.append(f"arms: {', '.join(twice)} named twice; legal: a name once")
    if "all" in names:
        form.problems.append("arms: 'all' is the word for every experimental arm; legal: any other name")
    if arms and (roles.count("control") != 1 or "experimental" not in roles):
        form.problems.append(
            f"arms have roles {', '.join(roles)}; legal: exactly one control, at least one experimental"
        )
    return arms
