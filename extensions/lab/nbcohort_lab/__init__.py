"""The part of nbcohort that runs in JupyterLab; everything of it is in `labextension`, built from `src`."""


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "nbcohort-lab"}]
