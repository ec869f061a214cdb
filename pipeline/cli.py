"""The command line: one thin function a command.

In: arguments. Out: files, a few lines on the terminal, and an exit status: 0 done, 1 refused with a
reason, 2 wrongly called, 128 and a signal's number stopped by it (130: Ctrl-C). It must hold no
linkage and no statistics of its own. Everything heavy is imported inside the command that needs it,
so that `kinlink --help` is instant.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from pipeline.errors import KinlinkError, Stopped, withheld

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
TABLE = click.Path(path_type=Path)
PROBABILITY = click.FloatRange(0, 1)
WITHOUT_PANDAS = ("link", "dedupe", "block-report")
SIGNALLED = 128
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Examples(click.Command):
    """A command whose help ends with an example that can be pasted."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example as it stands, its lines not joined."""
        if self.epilog:
            formatter.write("\nExample:\n")
            for line in self.epilog.strip().splitlines():
                formatter.write(f"  {line.strip()}\n")


class ExampleGroup(Examples, click.Group):
    """A group of commands whose help ends with an example."""


@click.group(context_settings=CONTEXT)
@click.version_option(package_name="kinlink", prog_name="kinlink")
def commands() -> None:
    """Find the children of people in prison and on probation, so that someone helps them."""


def command(epilog: str) -> Any:
    """A command of `kinlink`, with an example under its help."""
    return commands.command(cls=Examples, epilog=epilog)


@command("kinlink demo --out output/demo --seed 7")
@click.option(
    "--out",
    type=FOLDER,
    default=Path("output/demo"),
    show_default=True,
    help="Folder for the made-up extracts and the runs.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the agencies.")
@click.option("--scale", type=click.Choice(["demo", "city", "national"]), default="demo",
              show_default=True, help="How large the made-up agencies are.")  # fmt: skip
def demo(out: Path, seed: int, scale: str) -> None:
    """Make made-up agencies, run the whole flow on them, and show how good the result is."""
    from flows.demo import run_demo

    run_demo(out, scale, seed, say=click.echo)


@command("kinlink synth --out extracts --scale demo --seed 7")
@click.option("--out", type=FOLDER, required=True, help="Folder to write extracts and truth/ into.")
@click.option(
    "--scale",
    type=click.Choice(["demo", "city", "national"]),
    default="demo",
    show_default=True,
    help="demo: 4,000 offenders; city: 40,000; national: 350,000.",
)
@click.option("--seed", type=int, default=1, show_default=True,
              help="The same seed gives the same bytes.")  # fmt: skip
def synth(out: Path, scale: str, seed: int) -> None:
    """Write the extracts of made-up agencies, with the truth beside them."""
    from pipeline.synthetic import synthesise

    synthesise(out, scale, seed)
    click.echo(f"made-up extracts in {out}, the truth in {out / 'truth'}")


@command("kinlink run --config config/production.toml --out /srv/kinlink --as-of 2026-11-22")
@click.option("--config", type=FILE, help="Configuration file; without one, --extracts is needed.")
@click.option("--extracts", type=FOLDER, help="Read this folder instead of the configured sources.")
@click.option("--out", type=FOLDER, help="Folder that holds runs/ and current.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Date that ages and custody are counted at (today, unless the config says).",
)
@click.option(
    "--without",
    multiple=True,
    metavar="SOURCE",
    help="Go on without this source (prison, probation, childrens_services/330), this once; may "
    "be repeated. Every list says so. A source that cannot be read holds the run otherwise.",
)
def run(as_of: datetime | None, **options: Any) -> None:
    """Run the whole flow once: from extracts to published datasets and lists."""
    from flows.launch import Asked, run_once

    run_once(Asked(as_of=as_of.date() if as_of else None, **options), say=click.echo)


@command("kinlink train --config config/demo.toml --extracts extracts --models models")
@click.option("--config", type=FILE, required=True, help="Configuration file (see config/).")
@click.option("--extracts", type=FOLDER, help="Read this folder instead of the configured sources.")
@click.option(
    "--models",
    type=FOLDER,
    help="For the models; the config's, or `models` beside it, unless given.",
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Date written into the models.")
def train(config: Path, extracts: Path | None, models: Path | None, as_of: datetime | None) -> None:
    """Estimate the person models from extracts and write them, dated, as JSON."""
    from flows.launch import train_once

    train_once(config, extracts, models, as_of.date() if as_of else None, say=click.echo)


def linking_options(function: Any) -> Any:
    """The options that `link` and `dedupe` share."""
    options = (
        click.option("--out", type=FILE, required=True, help="Pairs: .parquet or .csv."),
        click.option("--spec", type=FILE, help="Linkage specification (TOML); the default person "
                     "specification uses whichever standard columns are present."),
        click.option("--threshold", type=PROBABILITY, default=0.5, show_default=True,
                     help="Lowest match probability to write."),
        click.option("--model", type=FILE, help="A trained model (JSON); trains itself without."),
        click.option("--id", "id_column", default="record_id", show_default=True,
                     help="Column that names a record."),
        click.option("--exact", multiple=True, metavar="COLUMN",
                     help="Also compare this column for equality; may be repeated."),
        click.option("--save-model", type=FILE,
                     help="Also write the model used (.json), for --model and `kinlink charts`."),
        click.option("--labels", type=FILE, help="Pairs that somebody judged (CSV or Parquet): "
                     "record_id_l, record_id_r, is_match and, if pairs were not drawn alike, "
                     "weight. They refine what is learned; 20 of each kind also calibrate."),
    )  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


@command(
    """kinlink link prison.csv probation.csv --out pairs.parquet --threshold 0.95 --one-to-one
    kinlink link prison.csv probation.csv --out better.parquet --labels judged.csv"""
)
@click.argument("left", type=TABLE)
@click.argument("right", type=TABLE)
@linking_options
@click.option("--one-to-one", is_flag=True, help="At most one partner a record.")
def link(left: Path, right: Path, **options: Any) -> None:
    """Link two tables of people (CSV or Parquet, with a record_id column)."""
    from pipeline.linkage.files import link_files
    from pipeline.linkage.progress import progress_shown

    with progress_shown():
        result = link_files(left, right, **options)
    report_pairs(result, options["out"])


@command("kinlink dedupe people.csv --out pairs.csv --clusters clusters.csv --threshold 0.95")
@click.argument("table", type=TABLE)
@linking_options
@click.option("--clusters", type=FILE, help="Also write record_id, cluster_id here.")
def dedupe(table: Path, **options: Any) -> None:
    """Find the records of one table that are the same person."""
    from pipeline.linkage.files import dedupe_files
    from pipeline.linkage.progress import progress_shown

    with progress_shown():
        result = dedupe_files(table, **options)
    report_pairs(result, options["out"])


def report_pairs(result: Any, out: Path) -> None:
    """Say how many pairs were written, every warning of the engine, and what blocking missed."""
    from pipeline.linkage.deciding.block_report import recall_in_words

    for warning in result.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"{result.pairs.num_rows:,} pairs in {out}")
    click.echo(recall_in_words(result.blocking_recall))


@command("kinlink block-report prison.csv probation.csv --out blocking.html")
@click.argument("left", type=TABLE)
@click.argument("right", type=TABLE, required=False)
@click.option("--out", type=FILE, help="Also write it: .html (with charts), .parquet, .csv, .json.")
@click.option("--spec", type=FILE, help="Linkage specification (TOML); the default without.")
@click.option("--model", type=FILE, help="A trained model (JSON); trains itself without.")
@click.option("--id", "id_column", default="record_id", show_default=True,
              help="Column that names a record.")  # fmt: skip
@click.option("--exact", multiple=True, metavar="COLUMN",
              help="Also compare this column for equality; may be repeated.")  # fmt: skip
def block_report(left: Path, right: Path | None, out: Path | None, **options: Any) -> None:
    """Show what each blocking rule brings and costs, and how many matches all of them miss.

    Of two tables, or of one with itself.
    """
    from pipeline.charts.blocking_charts import as_text
    from pipeline.charts.files import REPORT_ENDINGS, write_block_report
    from pipeline.linkage.files import block_report_files
    from pipeline.linkage.table_files import check_output, check_replaces_nothing

    if out is not None:
        check_output(out, REPORT_ENDINGS)
        check_replaces_nothing((out,), (left, right, options["spec"], options["model"]))
    report = block_report_files(left, right, **options)
    click.echo(as_text(report))
    if out is not None:
        write_block_report(report, out)
        click.echo(f"report in {out}")


@command("kinlink charts model.json --pairs pairs.parquet --pair a17 b42 --out charts.html")
@click.argument("model", type=FILE)
@click.option("--out", type=FILE, required=True, help="The page (.html); opens without internet.")
@click.option("--pairs", type=FILE, help="Pairs that link or dedupe wrote with it (.parquet).")
@click.option("--pair", "explained", nargs=2, multiple=True, metavar="ID_L ID_R",
              help="Take this pair of --pairs apart; may be repeated.")  # fmt: skip
@click.option("--table", type=TABLE, help="Records to show the share out of reach of.")
@click.option("--id", "id_column", default="record_id", show_default=True,
              help="Column of --table that names a record.")  # fmt: skip
@click.option("--blocking", type=FILE, help="A block report of the same tables (.json).")
def charts(model: Path, out: Path, **options: Any) -> None:
    """Draw what a trained model learned, what it found, and what each threshold costs."""
    from pipeline.charts.files import write_model_page

    write_model_page(model, out, **options)
    click.echo(f"charts in {out}")


@commands.group(cls=ExampleGroup, epilog="kinlink model import splink.json --out model.json")
def model() -> None:
    """Carry trained models over from Splink, or to it."""


@model.command(
    "import",
    cls=Examples,
    epilog="""kinlink model import splink.json --out model.json
    kinlink link left.csv right.csv --model model.json --out pairs.csv""",
)
@click.argument("settings", type=FILE)
@click.option("--out", type=FILE, required=True, help="The model (.json), for link and dedupe.")
def import_model(settings: Path, out: Path) -> None:
    """Read a trained Splink model: the same weights on the same pairs."""
    from pipeline.linkage.exchange.files import import_splink

    read = import_splink(settings, out)
    for warning in read.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"model of {len(read.spec.comparisons)} comparisons in {out}")


@model.command("export", cls=Examples, epilog="kinlink model export model.json --out splink.json")
@click.argument("trained", metavar="MODEL", type=FILE)
@click.option("--out", type=FILE, required=True, help="Splink settings (.json).")
def export_model(trained: Path, out: Path) -> None:
    """Write a trained model as Splink settings, and say what of it they leave out."""
    from pipeline.linkage.exchange.files import export_splink

    for sentence in export_splink(trained, out):
        click.echo(sentence)
    click.echo(f"Splink settings in {out}")


@command("kinlink evaluate --run output/demo/current --truth output/demo/extracts/truth")
@click.option("--run", "run_folder", type=FOLDER, required=True, help="A published run.")
@click.option("--truth", type=FOLDER, required=True, help="Folder with person and family truth.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option("--charts", "chart_page", type=FILE,
              help="Draw thresholds and calibration too (.html).")  # fmt: skip
def evaluate(run_folder: Path, truth: Path, as_json: bool, chart_page: Path | None) -> None:
    """Measure a run against the truth: precision, recall, calibration, by band and group."""
    from pipeline.evaluate import evaluate_run
    from pipeline.linkage.table_files import check_replaces_nothing

    check_replaces_nothing((chart_page,), (run_folder, truth))
    evaluation = evaluate_run(run_folder, truth)
    click.echo(evaluation.to_json() if as_json else evaluation.to_text())
    if chart_page is not None:
        from pipeline.charts.evaluation_page import write_evaluation_page

        write_evaluation_page(
            evaluation.run_id, evaluation.sensitivity, evaluation.calibration, chart_page
        )
        click.echo(f"charts in {chart_page}", err=True)


@command("kinlink serve --config config/production.toml")
@click.option("--config", type=FILE, required=True, help="Configuration file with a schedule.")
def serve(config: Path) -> None:
    """Register the scheduled deployments with Prefect and serve them until stopped."""
    from flows.launch import prepare_environment

    prepare_environment()
    from flows.deployments import serve_schedule

    serve_schedule(config, say=click.echo)


def end_signalled(text: str, signal_number: int) -> None:
    """End after a signal, with the exit status that shells give to it."""
    click.echo(text, err=True)
    sys.exit(SIGNALLED + signal_number)


def main() -> None:
    """Run the command line; errors print one line and no traceback."""
    try:
        if sys.argv[1:2] and sys.argv[1] in WITHOUT_PANDAS:
            from pipeline.linkage.loading import load_arrow_alone

            load_arrow_alone()
        commands.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        end_signalled("stopped", signal.SIGINT)
    except Stopped as stopped:
        end_signalled("stopped; nothing is published", stopped.signal_number)
    except KinlinkError as error:
        sys.exit(f"error: {error}")
    except Exception as error:
        if os.environ.get("KINLINK_DEBUG") == "1":
            raise
        sys.exit(f"error: {withheld(error)}")


def today() -> date:
    """The date of this run, where neither the option nor the configuration gives one."""
    return date.today()
