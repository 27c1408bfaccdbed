"""The processes of a notebook that is forked, as they see each other."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from nbcohort.grading.run import How, run_notebook
from nbcohort.sandbox import Limits, SandboxUnavailable, probe

STATUS = """
for number in (1, "self"):
    found = dict(line.split(":", 1) for line in open(f"/proc/{number}/status"))
    print({found[name].strip() for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")})
"""


def test_neither_a_notebook_nor_the_process_that_holds_it_together_has_capabilities(tmp_path: Path) -> None:
    try:
        if not probe("namespaces").proc:
            pytest.skip("there is no /proc")
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))
    notebook = new_notebook(cells=[new_code_cell(STATUS)])

    run_notebook(notebook, tmp_path, Limits(), How(preload=()))

    assert notebook.cells[0].outputs[0].text == "{'0000000000000000'}\n" * 2


@pytest.mark.parametrize("name", ["python", "python3"])
def test_a_notebook_that_names_no_more_than_the_language_runs_in_a_fork(name: str, tmp_path: Path) -> None:
    notebook = new_notebook(
        cells=[new_code_cell("1 + 1")], metadata={"kernelspec": {"name": name, "display_name": "Python"}}
    )

    done = run_notebook(notebook, tmp_path, Limits(), How(preload=()))

    assert done.remarks == ()
    assert notebook.cells[0].outputs[0].data["text/plain"] == "2"


def test_an_output_widget_keeps_what_is_displayed_into_it(tmp_path: Path) -> None:
    """What a widget says late, of what it was told in between, used to replace it now and then: so more than once."""
    show = "with out:\n    print('first')\n    display('second')"
    for _time in range(8):
        notebook = new_notebook(
            cells=[
                new_code_cell("import ipywidgets\nout = ipywidgets.Output()"),
                new_code_cell(show),
                new_code_cell("out"),
            ]
        )

        run_notebook(notebook, tmp_path, Limits())

        widgets = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"].state.values()
        (outputs,) = [one.state.outputs for one in widgets if one.model_name == "OutputModel"]
        assert [one.output_type for one in outputs] == ["stream", "display_data"]


def test_a_notebook_goes_on_whose_kernel_is_asked_to_exit(tmp_path: Path) -> None:
    sources = ("exit()\nquit()", "import time\ntime.sleep(0.3)", "import asyncio\nawait asyncio.sleep(0.3)\n'goes on'")
    done = run_notebook(new_notebook(cells=[new_code_cell(source) for source in sources]), tmp_path, Limits(), How())

    assert done.statuses == ("ok", "ok", "ok")
    assert done.notebook.cells[2].outputs[0].data["text/plain"] == "'goes on'"
