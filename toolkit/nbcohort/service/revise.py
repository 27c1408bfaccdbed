"""Write the next migration of a feature or plugin, after its `models.py` has changed.

python -m nbcohort.service.revise courses "what changes"
"""

import argparse

from nbcohort.loading import load_plugins
from nbcohort.store.migrate import STORE, write_revision


def main() -> None:
    """Read the feature's name and the message, and write the migration beside its models."""
    known = {migrations.name: migrations for migrations in [STORE, *load_plugins(service=True).hook.migrations()]}
    parser = argparse.ArgumentParser(prog="python -m nbcohort.service.revise", description="Write a migration.")
    parser.add_argument("feature", choices=sorted(known))
    parser.add_argument("message", help="what changes")
    arguments = parser.parse_args()
    write_revision(known[arguments.feature], arguments.message)


if __name__ == "__main__":
    main()
