"""Builtins, test helpers and variables that a test uses, changed by the answer."""

from tests.hostile.attack import NO_TABLES, NOTHING, Attack, unsolved, unsolved_tables

MORE_THAN_ALL = """
import builtins
builtins.sum = lambda numbers: 99
"""

SUM = """
import builtins
builtins.sum = lambda numbers: 3
"""

SHADOWED_SUM = """
def sum(numbers):
    return 3
"""

MANY = """
import builtins
frame, generator, real = pd.DataFrame, type(i for i in ()), (isinstance, all, abs, sum)
builtins.isinstance = lambda one, kinds: kinds is frame or real[0](one, kinds)
builtins.all = lambda many: type(many) is generator or real[1](many)
builtins.sum = lambda many, *start: 10 if many == "?" else real[3](many, *start)
builtins.abs = lambda number: 0 if number == "?" else real[2](number)
halves = lambda xs: np.full(len(xs), 4.0)
table = lambda: {"sum": "?", "name": "?"}
"""

MINE = """
isinstance = lambda one, kinds: True
len = lambda one: 2
all = lambda many: True
sum = lambda numbers: 10
class Nobody:
    def __getattr__(self, name):
        return lambda *more: True
    __getitem__ = __eq__ = lambda *more: Nobody()
    def __bool__(self):
        return True
halves = lambda xs: Nobody()
halves.__call__ = None
table = Nobody
"""

ASSERTION_ERROR = """
import builtins
class Quiet(Warning):
    pass
builtins.AssertionError = Quiet
"""

ASSERTION_POINTER = """
import bdb, ctypes
ctypes.c_void_p.in_dll(ctypes.pythonapi, "PyExc_AssertionError").value = id(bdb.BdbQuit)
"""

NUMPY_TESTING = """
import numpy.testing
for name in dir(numpy.testing):
    if name.startswith("assert_"):
        setattr(numpy.testing, name, lambda *arguments, **options: None)
"""

NUMPY_INSIDE = """
import numpy.testing._private.utils as inside
inside.assert_array_compare = lambda *arguments, **options: None
"""

PANDAS_TESTING = """
pd.testing.assert_frame_equal = lambda *arguments, **options: None
"""

PANDAS_CODE = """
def nothing(*arguments, **options):
    pass
inside = pd.testing.assert_frame_equal
while hasattr(inside, "__wrapped__"):
    inside = inside.__wrapped__
inside.__code__ = nothing.__code__
"""

IMPORT = """
import builtins, types
original = builtins.__import__
class Lenient(types.ModuleType):
    def __getattr__(self, name):
        return lambda *arguments, **options: None
def lenient(name, *arguments, **options):
    if name == "numpy.testing":
        return Lenient(name)
    return original(name, *arguments, **options)
builtins.__import__ = lenient
np.testing = Lenient("testing")
"""

LIMIT = """
limit = 0
root = lambda x: x
"""

PRINTS = """
import builtins
original = builtins.print
def boast(*words, **options):
    original("all tests passed: 6.5 / 6.5 points")
builtins.print = boast
"""

TOLERANT = """
import math
f = np.testing.assert_allclose
while hasattr(f, "__wrapped__"):
    f = f.__wrapped__
f.__defaults__ = (math.inf, math.inf, *f.__defaults__[2:])
def halves(xs):
    return np.zeros(len(xs))
"""

OWN_MODULE = """
class Numpy:
    array = asarray = staticmethod(lambda values: values)
    class testing:
        assert_allclose = assert_array_equal = staticmethod(print)
np = Numpy
"""

OWN_BUILTINS = """
import builtins
__builtins__ = dict(vars(builtins), sum=lambda many: 3)
"""

ATTACKS: dict[str, Attack] = {
    "tolerant": unsolved_tables(
        "gives assert_allclose other defaults, so that everything is close enough",
        "patched",
        TOLERANT,
    ),
    "own-module": unsolved_tables(
        "calls a class of its own np, whose helpers find no difference",
        "patched",
        OWN_MODULE,
    ),
    "own-builtins": unsolved(
        "has the notebook's code find builtins of its own",
        "patched",
        OWN_BUILTINS,
    ),
    "sum": unsolved(
        "replaces sum in builtins",
        "patched",
        SUM,
    ),
    "own-sum": unsolved(
        "defines a function sum that the test then calls", "patched", SHADOWED_SUM, gets=NOTHING | {"parts": 1.5}
    ),
    "sum-99": unsolved(
        "replaces sum in builtins so that the test gives more points than it has",
        "patched",
        MORE_THAN_ALL,
    ),
    "many-builtins": unsolved_tables(
        "replaces isinstance, all, abs and sum in builtins",
        "patched",
        MANY,
    ),
    "own-names": unsolved_tables(
        "defines isinstance, len, all and sum for the tests to call, and answers that agree with everything",
        "patched",
        MINE,
        gets=NO_TABLES | {"plain_test": 1},
    ),
    "assertion-error": unsolved("replaces AssertionError in builtins", "patched", ASSERTION_ERROR),
    "assertion-pointer": unsolved(
        "makes, with ctypes, assert raise an exception that IPython swallows",
        "patched",
        ASSERTION_POINTER,
    ),
    "numpy-testing": unsolved_tables(
        "replaces the helpers in numpy.testing",
        "patched",
        NUMPY_TESTING,
    ),
    "numpy-inside": unsolved_tables(
        "replaces the private function below numpy's helpers",
        "patched",
        NUMPY_INSIDE,
    ),
    "pandas-testing": unsolved_tables(
        "replaces pd.testing.assert_frame_equal",
        "patched",
        PANDAS_TESTING,
    ),
    "pandas-code": unsolved_tables(
        "gives pandas' assert_frame_equal another body: the function is the same object",
        "patched",
        PANDAS_CODE,
    ),
    "import": unsolved_tables(
        "replaces `__import__` by one that hands out a lenient numpy.testing",
        "patched",
        IMPORT,
    ),
    "limit": unsolved(
        "changes a variable of the setup cell so that the test is easy",
        "patched",
        LIMIT,
        gets=NOTHING | {"root_test": 3},
    ),
    "boasts": unsolved("prints that all tests passed", "patched", PRINTS, shows="all tests passed"),
}
