"""What nbcohort's programs import, imported: see `nbcohort.testing.forked`."""

import gc

import alembic.command

import nbcohort.cli
import nbcohort.client
import nbcohort.service.__main__
from nbcohort.loading import load_plugins

_ = (alembic.command, nbcohort.client, nbcohort.service.__main__)
load_plugins(service=True).declared("routers", list)
nbcohort.cli.build_app()
gc.freeze()  # or each program would look through all this for garbage, and have a copy of it for that
