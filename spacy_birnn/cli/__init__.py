"""`python -m spacy birnn …`: options and messages for what the other rooms do."""

import typer
from spacy.cli import app as spacy_app

from .calibrate import calibrate_cli
from .card import card_cli
from .clean import clean_cli
from .compile import compile_cli
from .convert import convert_cli
from .distill import distill_cli
from .doctor import doctor_cli
from .evaluate import evaluate_cli
from .init_config import init_config_cli
from .report import report_cli
from .tag import tag_cli
from .train import OVERRIDES, train_cli
from .vectors import vectors_cli
from .visualize import visualize_cli

app = typer.Typer(
    name="birnn", help="Tools for recurrent sequence labelling.", no_args_is_help=True
)
app.command("calibrate")(calibrate_cli)
app.command("card")(card_cli)
app.command("clean")(clean_cli)
app.command("compile")(compile_cli)
app.command("convert")(convert_cli)
app.command("distill")(distill_cli)
app.command("doctor")(doctor_cli)
app.command("evaluate")(evaluate_cli)
app.command("init-config")(init_config_cli)
app.command("report")(report_cli)
app.command("tag")(tag_cli)
app.command("train", context_settings=OVERRIDES)(train_cli)
app.command("vectors")(vectors_cli)
app.command("visualize")(visualize_cli)
spacy_app.add_typer(app)
