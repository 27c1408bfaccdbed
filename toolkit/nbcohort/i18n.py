"""Sentences for people go through gettext, so that a cohort can read them in its own language."""

import gettext
from pathlib import Path

_translations = gettext.translation("nbcohort", Path(__file__).parent / "locale", fallback=True)


def _(sentence: str) -> str:
    """Return `sentence` in the language of the environment (LANGUAGE, LC_ALL, LC_MESSAGES, LANG), or as it is."""
    return _translations.gettext(sentence)
