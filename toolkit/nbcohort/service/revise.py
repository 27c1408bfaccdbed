"""Write the next migration of a feature or plugin, after its tables have changed.

python -m nbcohort.service.revise courses "what changes"

It is written into the package as it is installed: install a plugin with `pip install --editable` to find it in its
source.
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
    print(write_revision(known[arguments.feature], arguments.message))  # noqa: T201


if __name__ == "__main__":
    main()
