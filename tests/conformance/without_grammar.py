"""A pytest plugin that saves time: what jsonschema compiles when it is imported is not needed here."""

from nbcohort.grading.early import import_jsonschema

import_jsonschema()
