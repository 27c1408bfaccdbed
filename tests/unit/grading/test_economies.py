"""What is done once where IPython does it again and again gives what it gave."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

INSIDE = Path(__file__).parents[3] / "toolkit" / "nbcohort" / "grading" / "forked"
SCRIPT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from inside.kernel import Workshop, _request
import asyncio, inspect

said = []
workshop = Workshop([])
shell, kernel = workshop.shell, workshop.kernel

async def run(*codes):
    for code in codes:
        await kernel._execute(_request({"kind": "execute_request", "parent": "p"}, {"code": code}))

def say(**known):
    sys.__stdout__.write(json.dumps(known) + "\\n")

counted = {"formatted": 0, "transformed": 0, "modules": 0}
"""  # what follows is each test's


def told(script: str) -> dict[str, object]:
    """Return what a script says of a kernel that no notebook has used."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT + script, str(INSIDE)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_an_error_is_formatted_once_and_kept_in_history_as_it_was_shown() -> None:
    found = told("""
from IPython.core import ultratb
records = ultratb.VerboseTB.get_records
def counting(self, *arguments):
    counted["formatted"] += 1
    return records(self, *arguments)
ultratb.VerboseTB.get_records = counting
asyncio.run(run("x = 1", "1 / 0", "{}['a']"))
kept = shell.history_manager.exceptions
names = [kept[number]["ename"] for number in (2, 3)]
say(counted=counted["formatted"], names=names, same=kept[3]["traceback"] == shell._last_traceback)
""")
    assert found == {"counted": 2, "names": ["ZeroDivisionError", "KeyError"], "same": True}


def test_an_error_that_is_shown_again_in_another_way_is_formatted_again() -> None:
    found = told("""
asyncio.run(run("def fails():\\n    1 / 0\\nfails()"))
known = (sys.last_type, sys.last_value, sys.last_traceback)
formatter = shell.InteractiveTB
same, lengths = [], []
for mode in ("Context", "Minimal", "Context", "Context", "Plain"):
    formatter.set_mode(mode)
    lines = formatter.structured_traceback(*known)
    same.append(lines == type(formatter).structured_traceback(formatter, *known))
    lengths.append(len(lines))
say(same=same, lengths=len(set(lengths)) > 1)
""")
    assert found == {"same": [True] * 5, "lengths": True}


def test_a_transformer_of_the_notebook_is_asked_each_time() -> None:
    found = told("""
calls = []
def loud(lines):
    calls.append(len(lines))
    return [line.replace("yes", f"'{len(calls)}'") for line in lines]
manager = shell.input_transformer_manager
before = [manager.transform_cell("!ls"), manager.transform_cell("!ls")]
manager.cleanup_transforms.append(loud)
with_it = [manager.transform_cell("yes"), manager.transform_cell("yes")]
manager.cleanup_transforms.remove(loud)
after = manager.transform_cell("yes")
say(before=len(set(before)), system="get_ipython().system" in before[0], with_it=with_it, after=after)
""")
    assert found == {"before": 1, "system": True, "with_it": ["'1'\n", "'2'\n"], "after": "yes\n"}


def test_a_cell_that_cannot_be_transformed_fails_each_time() -> None:
    found = told("""
failed = 0
for _number in range(2):
    try:
        shell.input_transformer_manager.transform_cell("if True:\\n\\tx = 1\\n        y = 2\\n    z = '''")
    except SyntaxError:
        failed += 1
transformed = shell.input_transformer_manager.transform_cell("x = 1")
say(failed=failed, transformed=transformed)
""")
    assert found["transformed"] == "x = 1\n"
    assert found["failed"] in (0, 2)


@pytest.mark.parametrize(("code", "awaits"), [("x = 1", False), ("import asyncio\nawait asyncio.sleep(0)", True)])
def test_cells_that_await_are_told_from_those_that_do_not(code: str, awaits: bool) -> None:
    assert told(f"say(awaits=[shell.should_run_async({code!r}, transformed_cell={code!r}) for _ in 'ab'])") == {
        "awaits": [awaits, awaits]
    }


def test_a_cell_is_of_no_module_and_other_code_still_is() -> None:
    found = told("""
asyncio.run(run("def f():\\n    return 1"))
cell = shell.user_ns["f"].__code__
say(cell=repr(inspect.getmodule(cell)), json=inspect.getmodule(json.dumps.__code__).__name__)
""")
    assert found == {"cell": "None", "json": "json"}


def test_a_traceback_has_the_colours_of_the_theme_that_there_is_now() -> None:
    found = told("""
import stack_data
from pygments.formatters.terminal256 import Terminal256Formatter
asyncio.run(run("def fails():\\n    return 1 / 0\\nfails()"))
known = (sys.last_type, sys.last_value, sys.last_traceback)
formatter, shown = shell.InteractiveTB, []
marked = stack_data.style_with_executing_node
for theme in ("linux", "neutral", "linux", "neutral", "nocolor"):
    formatter.set_theme_name(theme)
    shown.append(formatter.structured_traceback(*known))
style = marked("default", "bold")
say(linux=shown[0] == shown[2], neutral=shown[1] == shown[3], different=len({str(one) for one in shown}),
    own=Terminal256Formatter(style=style).style_string == Terminal256Formatter(style=style).style_string)
""")
    assert found == {"linux": True, "neutral": True, "different": 3, "own": True}


FORESEE = """
import os, tempfile
from inside.foreseen import FORESEEN
def foresee(*cells):
    with tempfile.TemporaryFile("w+") as file:
        json.dump(cells, file)
        file.seek(0)
        FORESEEN.read(shell, file.fileno())
"""


def test_what_is_to_come_is_prepared_and_not_run() -> None:
    found = told(
        FORESEE
        + """
from IPython.core import inputtransformer2
names = [shell.compile.get_code_name(code, code, 0) for code in ("ran.append(1)", "ran.append(1)\\n")]
search = inputtransformer2.make_tokens_by_line
def counting(lines):
    counted["transformed"] += 1
    return search(lines)
inputtransformer2.make_tokens_by_line = counting
ran = shell.user_ns["ran"] = []
foresee("ran.append(1)", "assert 1 is 1", "if", "await f()", "x = !ls", "%matplotlib inline", 3)
before = len(ran), counted["transformed"]
asyncio.run(run("ran.append(1)", "ran.append(1)\\n"))
searched, seen = counted["transformed"], []
for code in ("x = !ls", "await f()", "ran.append(1)", "ran.append(2)"):
    transformed = shell.transform_cell(code)
    seen.append([transformed.startswith(code), shell.should_run_async(code, transformed_cell=transformed)])
same = names == [shell.compile.get_code_name(code, code, 0) for code in ("ran.append(1)", "ran.append(1)\\n")]
say(before=before, searched=searched, after=len(ran), seen=seen, same=same)
"""
    )
    assert found == {
        "before": [0, 0],
        "searched": 0,
        "after": 2,
        "seen": [[False, False], [True, True], [True, False], [True, False]],
        "same": True,
    }


def test_a_cell_that_python_warns_of_is_warned_of_as_ever() -> None:
    found = told(
        FORESEE
        + """
import warnings
foresee("y = 1 is 1")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    shell.should_run_async("y = 1 is 1", transformed_cell="y = 1 is 1")
say(warned=[str(one.category.__name__) for one in caught])
"""
    )
    assert found == {"warned": ["SyntaxWarning"]}


def test_cells_to_come_that_cannot_be_read_do_no_harm() -> None:
    found = told(
        FORESEE
        + """
with tempfile.TemporaryFile("w+") as file:
    file.write("[")
    file.seek(0)
    FORESEEN.read(shell, file.fileno())
foresee("fine = 1")
asyncio.run(run("fine = 1"))
say(fine=shell.user_ns["fine"])
"""
    )
    assert found == {"fine": 1}


def test_figures_are_shown_with_the_same_pixels_and_compressed_sooner() -> None:
    found = told("""
import base64, io
import matplotlib
matplotlib.use("agg")
from matplotlib import pyplot
from inside.figures import economise_figures
economise_figures()
from IPython.core import pylabtools
from PIL import Image
figure, axes = pyplot.subplots()
axes.plot([1, 3, 2])
def shown(show, *more, **options):
    return show(figure, *more, **options)
stock = pylabtools.print_figure.__wrapped__.__wrapped__
pixels = [[Image.open(io.BytesIO(shown(show, kind))).tobytes() for show in (pylabtools.print_figure, stock)]
          for kind in ("png", "retina")]
given = dict(pil_kwargs={"compress_level": 0})
asked = [len(shown(show, **given)) for show in (pylabtools.print_figure, stock)]
others = [type(shown(pylabtools.print_figure, kind)).__name__ for kind in ("svg", "pdf", "jpg")]
own = shown(pylabtools.print_figure) != shown(stock)
taken = []
class Other(type(figure.canvas)):
    def print_png(self, file, **options):
        taken.extend(options)
        super().print_png(file)
Other(figure)
say(pixels=[a == b for a, b in pixels], asked=asked[0] == asked[1] > 100_000, others=others, own=own,
    other=shown(pylabtools.print_figure) == shown(stock) and "pil_kwargs" not in taken)
""")
    assert found == {
        "pixels": [True, True],
        "asked": True,
        "others": ["str", "bytes", "bytes"],
        "own": True,
        "other": True,
    }


def test_tables_of_fonts_are_read_once_and_are_the_readers_own() -> None:
    found = told("""
from matplotlib import pyplot
from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font
from inside.figures import economise_figures
economise_figures()
stock = FT2Font.get_sfnt_table.__wrapped__
fonts = [FT2Font(findfont(name)) for name in ("DejaVu Sans", "DejaVu Sans Mono")]
names = ("OS/2", "hhea", "head", "pclt", "nothing")
same = [font.get_sfnt_table(name) == stock(font, name) for font in fonts for name in names * 2]
fonts[0].get_sfnt_table("head").clear()
again = fonts[0].get_sfnt_table("head") == stock(fonts[0], "head")
import gc, weakref
last = weakref.ref(fonts.pop())
gc.collect()
say(same=set(map(str, same)) == {"True"}, many=len(same), again=again, gone=last() is None)
""")
    assert found == {"same": True, "many": 20, "again": True, "gone": True}


def test_texts_of_a_figure_are_laid_out_once_for_each_picture_and_as_ever() -> None:
    found = told("""
import base64, io
import matplotlib
matplotlib.use("agg")
from matplotlib import pyplot
from matplotlib.text import Text
from IPython.core import pylabtools
from PIL import Image
from inside import figures
lay_out = Text._get_layout
def counting(self, renderer):
    counted["formatted"] += 1
    return lay_out(self, renderer)
Text._get_layout = counting
stock = pylabtools.print_figure
figures.economise_figures()

def drawn():
    figure, axes = pyplot.subplots()
    axes.plot([1, 3, 2], label="a line")
    axes.set_title("A title\\nof two lines")
    axes.set_xlabel(r"$\\alpha_1 + \\frac{1}{2}$")
    axes.tick_params(axis="x", labelrotation=30)
    axes.annotate("there", (1, 3), (0.5, 2), rotation=45, rotation_mode="anchor", arrowprops={"arrowstyle": "->"})
    axes.text(0, 1, "to be wrapped " * 9, wrap=True)
    axes.text(1, 1, "turns", rotation=20, transform_rotates_text=True)
    axes.legend()
    changing = axes.text(0.2, 2.5, "?", fontsize=8)
    class Changes(type(figure.patch)):
        def draw(self, renderer):
            changing.set_text(changing.get_text() + "!")
            changing.set_fontsize(changing.get_fontsize() + 1)
            super().draw(renderer)
    figure.patch.__class__ = Changes
    return figure

def pixels(show, kind="png", dpi=None):
    figure = drawn()
    if dpi:
        figure.set_dpi(dpi)
    before = counted["formatted"]
    data = show(figure, kind)
    return Image.open(io.BytesIO(data)).tobytes(), counted["formatted"] - before

same = []
for asked in (("png",), ("retina",), ("png", 50)):
    ours, ours_took = pixels(pylabtools.print_figure, *asked)
    theirs, theirs_took = pixels(stock, *asked)
    same.append(ours == theirs and ours_took * 2 < theirs_took)
matplotlib.rcParams["font.family"] = "monospace"
same.append(pixels(pylabtools.print_figure)[0] == pixels(stock)[0])
before = counted["formatted"]
figure = drawn()
figure.draw_without_rendering()
say(same=same, elsewhere=counted["formatted"] - before > 30)
""")
    assert found == {"same": [True] * 4, "elsewhere": True}


def test_texts_that_know_something_new_are_laid_out_as_ever() -> None:
    found = told("""
from matplotlib import pyplot
from matplotlib.text import Text
from inside import figures
make, lay_out = Text.__init__, Text._get_layout
def knows_more(self, *arguments, **options):
    make(self, *arguments, **options)
    self._letter_spacing = 1
Text.__init__ = knows_more
figures.economise_figures()
other = Text._get_layout is lay_out
Text.__init__ = make
figures.economise_figures()
say(other=other, usual=Text._get_layout is not lay_out)
""")
    assert found == {"other": True, "usual": True}
