"""The command line: each command calls one function of the package."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from lentap.errors import InputError, LentapError

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Rerun the LEN-TAP Book, on any trial.")


def _chapters(incomplete: str) -> list[str]:
    from lentap.book.complete import chapters

    return [name for name in chapters() if name.startswith(incomplete)]


def _scenarios(incomplete: str) -> list[str]:
    from lentap.book.complete import scenarios

    return [name for name in scenarios() if name.startswith(incomplete)]


def _assignments(incomplete: str) -> list[tuple[str, str]]:
    from lentap.book.complete import assignments

    # a line that ends in -p does not parse, so its words are taken as the shell hands them over
    words = " ".join(os.environ.get(name, "") for name in ("COMP_WORDS", "_TYPER_COMPLETE_ARGS")).split()
    return [one for one in assignments(words, incomplete) if one[0].startswith(incomplete)]


class ChapterCommand(TyperCommand):
    """A command about one chapter, whose help lists that chapter's parameters."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        super().format_help(ctx, formatter)
        from lentap.book.complete import chapters

        for chapter in chapters().keys() & set(sys.argv):
            from lentap.book.project import find_project
            from lentap.book.single import describe

            typer.echo(describe(find_project(), chapter, "shipped"))


Chapter = Annotated[str, typer.Argument(autocompletion=_chapters, help="A chapter, such as efficacy/survival.")]
Data = Annotated[str, typer.Option("--data", help="The trial: 'shipped', or a folder with a trial.yml.", metavar="DIR")]
Set = Annotated[
    list[str] | None,
    typer.Option("-p", help="A parameter, as name=value.", metavar="NAME=VALUE", autocompletion=_assignments),
]


def main() -> None:
    """Run the command line; mistakes of the reader's end in one screen, never in a traceback."""
    # nbformat's schema library would build a grammar of web addresses, 1.5 s of every command, and never use it
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except LentapError as error:
        typer.echo(f"lentap: {error}", err=True)
        sys.exit(error.exit_status)


@app.command()
def build(
    data: Data = "shipped",
    parameters: Annotated[
        list[str] | None, typer.Option("-p", help="A chapter's parameter.", metavar="CHAPTER:NAME=VALUE")
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            help="Show an edition under this scenario beside the book.", metavar="NAME", autocompletion=_scenarios
        ),
    ] = None,
    all_scenarios: Annotated[bool, typer.Option("--all-scenarios", help="Show an edition for every scenario.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Chapters to run at the same time.")] = os.cpu_count() or 1,
) -> None:
    """Run what changed, build the site and print where it is."""
    from lentap.book.build import build
    from lentap.book.project import find_project
    from lentap.book.request import Request

    overrides = tuple(_override(text) for text in parameters or [])
    request = Request(data, overrides, jobs, tuple(scenario or ()), all_scenarios)
    typer.echo(build(find_project(), request))


@app.command(cls=ChapterCommand)
def run(
    chapter: Chapter,
    parameters: Set = None,
    data: Data = "shipped",
    output: Annotated[
        Path | None, typer.Option(help="Write the page (.html, one file that opens offline) or the notebook (.ipynb).")
    ] = None,
    results: Annotated[Path | None, typer.Option(help="Write the recorded results (.json).")] = None,
) -> None:
    """Rerun one chapter and print what it recorded."""
    from lentap.book.project import find_project
    from lentap.book.single import run_one

    typer.echo(run_one(find_project(), chapter, _pairs(parameters or []), data, output, results))


@app.command(cls=ChapterCommand)
def sweep(
    chapter: Chapter,
    grid: Annotated[
        list[str], typer.Option("-g", help="Values of a parameter.", metavar="NAME=V1,V2 | NAME=FIRST:LAST[:STEP]")
    ],
    data: Data = "shipped",
    output: Annotated[Path, typer.Option(help="Folder of the table, in Parquet; taken up where it was left.")] = Path(
        "sweep.parquet"
    ),
    scheduler: Annotated[str, typer.Option(help="Address of a Dask scheduler; this machine by default.")] = "",
    jobs: Annotated[int, typer.Option(min=1, help="Runs at the same time, on this machine.")] = os.cpu_count() or 1,
    yes: Annotated[bool, typer.Option("--yes", help="Go on, however many runs the grid asks for.")] = False,
    failed_again: Annotated[bool, typer.Option("--failed-again", help="Run again what failed before.")] = False,
) -> None:
    """Rerun a chapter over a grid of parameters, on this machine or a Dask cluster."""
    from lentap.book.project import find_project
    from lentap.book.sweep import SweepRequest, sweep

    request = SweepRequest(chapter, grid, data, output, scheduler, jobs, yes, failed_again)
    typer.echo(sweep(find_project(), request, lambda line: typer.echo(line, err=True)))


@app.command()
def params(
    chapter: Annotated[str | None, typer.Argument(autocompletion=_chapters)] = None, data: Data = "shipped"
) -> None:
    """Parameters with their defaults, legal values and meaning."""
    from lentap.book.project import find_project
    from lentap.book.single import describe

    typer.echo(describe(find_project(), chapter, data))


@app.command()
def new(folder: Path) -> None:
    """Begin a trial's folder: a trial.yml to fill in, made from its tables or with empty ones beside it."""
    from lentap.adam import new_trial

    typer.echo("\n".join(map(str, new_trial(folder))))
    typer.echo(f"Fill in trial.yml, then: lentap check {folder}", err=True)


@app.command()
def check(folder: Path) -> None:
    """Say whether a folder of trial tables is usable, and for which chapters."""
    from lentap.book.usable import report

    text, usable = report(folder)
    typer.echo(text)
    if not usable:
        raise typer.Exit(2)


@app.command()
def simulate(
    folder: Path,
    seed: Annotated[int | None, typer.Option(help="Any whole number; the shipped trial's own by default.")] = None,
    patients: Annotated[int | None, typer.Option(min=2, help="Patients in both arms together.")] = None,
    fcs: Annotated[bool, typer.Option("--fcs", help="Also the FCS files of a dozen patients, in FOLDER/fcs.")] = False,
) -> None:
    """Write a synthetic trial."""
    from lentap.simulate import write_trial

    typer.echo(write_trial(folder, seed=seed, patients=patients, fcs=fcs))


@app.command()
def results(
    form: Annotated[str, typer.Option("--format", help="json or csv.")] = "json",
    data: Data = "shipped",
) -> None:
    """The recorded numbers of the last build."""
    from lentap.book.collect import as_csv
    from lentap.book.project import find_project
    from lentap.book.single import last_results

    if form not in ("json", "csv"):
        msg = f"--format {form!r} is not one of json, csv"
        raise InputError(msg)
    text = last_results(find_project(), data)
    typer.echo(text if form == "json" else as_csv(json.loads(text)), nl=False)


@app.command("check-facts")
def check_facts() -> None:
    """Where the synthetic trial disagrees with what is published."""
    from lentap.claims import facts_report

    typer.echo(facts_report())


@app.command()
def serve(
    data: Data = "shipped", port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000
) -> None:
    """Look at the built site on the loopback address."""
    from lentap.book.project import find_project
    from lentap.book.serve import serve

    serve(find_project(), data, port, typer.echo)


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = [_pair(text) for text in texts]
    names = [name for name, _ in pairs]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        msg = f"-p {', '.join(twice)} stands twice; legal: one value a parameter"
        raise InputError(msg)
    return dict(pairs)


def _pair(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name:
        msg = f"-p {text!r} is not of the form name=value"
        raise InputError(msg)
    return name, value


def _override(text: str) -> tuple[str, str, str]:
    chapter, found, pair = text.partition(":")
    if not found:
        msg = f"-p {text!r} is not of the form chapter:name=value"
        raise InputError(msg)
    return chapter, *_pair(pair)
