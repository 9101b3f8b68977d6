"""Run the command line: ``python -m facevalue``."""

from facevalue.cli.main import run

run()
