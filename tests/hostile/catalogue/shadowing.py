"""Modules of one's own in the place of those that tests, nbgrader and the kernel import."""

from tests.hostile.attack import (
    Attack,
    solved,
    unsolved_tables,
)

LENIENT_PANDAS = b"""
class DataFrame:
    def __init__(self, *arguments):
        pass
    def __len__(self):
        return 2
    def __getitem__(self, name):
        return [10]
class testing:
    def assert_frame_equal(*arguments):
        pass
"""

LENIENT_NUMPY = b"""
class Same:
    __sub__ = __rsub__ = lambda self, other: 0
    __eq__ = lambda self, other: self
    __iter__ = lambda self: iter([self, self])
    all = lambda self: True
array = asarray = lambda *arguments: Same()
from . import testing
"""

LENIENT_TESTING = b"assert_allclose = assert_array_equal = lambda *arguments: None\n"

USES_SHADOWS = """
halves = getattr(np, "Same", float)
table = pd.DataFrame
"""

MODULES = """
import sys, types
class Lenient(types.ModuleType):
    def __getattr__(self, name):
        return lambda *arguments, **options: None
sys.modules["numpy.testing"] = np.testing = Lenient("numpy.testing")
"""

PATH = """
import importlib, os, sys
os.makedirs("mine/numpy", exist_ok=True)
with open("mine/numpy/__init__.py", "w") as file:
    file.write("from . import testing")
with open("mine/numpy/testing.py", "w") as file:
    file.write("assert_allclose = assert_array_equal = lambda *arguments: None")
for name in [name for name in sys.modules if name.split(".")[0] == "numpy"]:
    del sys.modules[name]
sys.path.insert(0, "mine")
import numpy as np
"""

FINDER = """
import importlib.abc, importlib.machinery, sys
class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name == "numpy.testing":
            return importlib.machinery.ModuleSpec(name, self)
    def exec_module(self, module):
        module.assert_allclose = module.assert_array_equal = lambda *arguments: None
sys.meta_path.insert(0, Finder())
for name in [name for name in sys.modules if name.startswith("numpy.testing")]:
    del sys.modules[name]
import numpy.testing
np.testing = numpy.testing
"""

RAISES = b"raise SystemExit('shadowed')\n"
OF_THE_KERNEL = (
    *("IPython.py", "ipykernel/__init__.py", "ipykernel_launcher.py", "zmq.py", "tornado.py", "traitlets.py"),
    *("random.py", "socket.py", "asyncio.py", "json.py", "linecache.py", "math.py", "ast.py", "resource.py"),
    *("nbgrader.py", "nbformat.py", "nbconvert.py", "nbcohort.py", "comm.py", "matplotlib_inline.py", "numpy.py"),
)

ATTACKS: dict[str, Attack] = {
    "pandas-beside": unsolved_tables(
        "hands in a pandas.py whose helpers always agree",
        "shadowing",
        USES_SHADOWS,
        files={"pandas.py": LENIENT_PANDAS},
        flagged=False,
    ),
    "numpy-beside": unsolved_tables(
        "hands in a folder numpy whose helpers always agree",
        "shadowing",
        USES_SHADOWS,
        files={"numpy/__init__.py": LENIENT_NUMPY, "numpy/testing.py": LENIENT_TESTING},
        flagged=False,
    ),
    "both-beside": unsolved_tables(
        "hands in a numpy and a pandas whose helpers always agree",
        "shadowing",
        USES_SHADOWS,
        files={
            "numpy/__init__.py": LENIENT_NUMPY,
            "numpy/testing.py": LENIENT_TESTING,
            "pandas.py": LENIENT_PANDAS,
        },
        flagged=False,
    ),
    "kernel-beside": solved(
        "hands in modules with the names of those that the kernel and nbgrader import",
        "shadowing",
        "import json, math, random, socket, asyncio, resource",
        files=dict.fromkeys(OF_THE_KERNEL, RAISES),
    ),
    "sys-modules": unsolved_tables(
        "puts a numpy.testing of its own into sys.modules",
        "shadowing",
        MODULES,
    ),
    "sys-path": unsolved_tables("writes a numpy and puts it first on sys.path", "shadowing", PATH),
    "meta-path": unsolved_tables(
        "registers an import hook that makes a numpy.testing of its own",
        "shadowing",
        FINDER,
    ),
}
