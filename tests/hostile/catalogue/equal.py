"""Answers that are equal to whatever a test compares them with."""

from tests.hostile.attack import NOTHING, RIGHT, Attack, unsolved, unsolved_tables

EQUALS_ALL = """
class Same:
    def __eq__(self, other):
        return True
    __hash__ = None
double = root = lambda x: Same()
"""

NUMBER = """
class Same(float):
    __eq__ = __le__ = __ge__ = lambda self, other: True
    __ne__ = __lt__ = __gt__ = lambda self, other: False
    __hash__ = float.__hash__
double = root = lambda x: Same(0)
"""

FAKED_TYPE = """
class Same:
    __class__ = property(lambda self: float)
    def __getattr__(self, name):
        return getattr(0.0, name)
    __eq__ = lambda self, other: True
double = root = lambda x: Same()
"""

LEFT_OPERAND = """
class Proxy:
    '''Becomes, at the comparison, what it is compared with.'''
    def __eq__(self, other):
        return other.__eq__(other)
    def __bool__(self):
        return True
double = root = lambda x: Proxy()
"""

NO_NUMBER = """
class Words:
    '''Makes words of whatever is computed with it; nbgrader takes words for all points.'''
    def __repr__(self):
        return "all of them"
    __eq__ = __add__ = __radd__ = __mul__ = __truediv__ = lambda self, other: Words()
    __bool__ = lambda self: False
double = root = lambda x: Words()
"""

ARRAY = """
class Same(np.ndarray):
    '''An array on which every comparison holds, and every difference is zero.'''
    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        inputs = [np.asarray(one) if isinstance(one, Same) else one for one in inputs]
        result = getattr(ufunc, method)(*inputs, **options)
        if ufunc in (np.equal, np.less_equal, np.less):
            return np.ones_like(result)
        return np.zeros_like(result)
    def __iter__(self):
        return iter([Same((), float)] * len(self))
    __float__ = lambda self: 0.0
    __abs__ = lambda self: 0.0
def halves(xs):
    return np.zeros(len(xs)).view(Same)
"""

FRAME = """
class Same(pd.DataFrame):
    '''Shows every comparison the columns of the other table, taken from the caller.'''
    def _ixs(self, i, axis=0):
        import sys
        return sys._getframe(1).f_locals["right"]._ixs(i, axis=axis)
    def equals(self, other):
        return True
    __class__ = property(lambda self: pd.DataFrame)
def table():
    return Same({"name": ["?", "?"], "sum": [5, 5]})
"""

MOCK = """
from unittest import mock
double = root = lambda x: mock.ANY
"""

CALLED_MOCK = """
class Same:
    __module__ = "unittest.mock"
    __eq__ = lambda self, other: True
double = root = lambda x: Same()
"""

NUMBERS_ONLY = """
class Number:
    __eq__ = lambda self, other: isinstance(other, (int, float))
    __ne__ = lambda self, other: not self == other
double = root = lambda x: Number()
"""

THE_FIRST = """
class Lazy:
    def __eq__(self, other):
        if not hasattr(self, "value"):
            self.value = other
        return self.value == other
double = root = lambda x: Lazy()
"""

OPERAND = """
__nbcohort_operand__ = lambda number, position, value: 0
"""

ATTACKS: dict[str, Attack] = {
    "equal-mock": unsolved("returns `unittest.mock.ANY`", "equal", MOCK, gets=RIGHT),
    "called-mock": unsolved(
        "returns an object that is equal to everything and says it is a mock", "equal", CALLED_MOCK, gets=RIGHT
    ),
    "equal-numbers": unsolved(
        "returns an object that is equal to numbers, and to nothing else", "equal", NUMBERS_ONLY, gets=RIGHT
    ),
    "equal-first": unsolved(
        "returns an object that becomes what it is first compared with", "equal", THE_FIRST, gets=RIGHT
    ),
    "own-operand": unsolved(
        "defines what the grader might let compared values go through", "equal", OPERAND, flagged=False
    ),
    "equals-all": unsolved("returns an object that is equal to everything", "equal", EQUALS_ALL, gets=RIGHT),
    "equal-number": unsolved("returns a float, by its type, that is equal to everything", "equal", NUMBER, gets=RIGHT),
    "faked-type": unsolved(
        "returns an object that says it is a float and is equal to everything", "equal", FAKED_TYPE, gets=RIGHT
    ),
    "equal-proxy": unsolved(
        "returns an object that compares the other operand with itself", "equal", LEFT_OPERAND, gets=RIGHT
    ),
    "no-number": unsolved(
        "returns objects that make words of a result that should be a number of points",
        "equal",
        NO_NUMBER,
        gets=NOTHING | {"parts": 1.5},
    ),
    "equal-array": unsolved_tables(
        "returns a numpy subclass whose `__array_ufunc__` finds no difference",
        "equal",
        ARRAY,
        gets={"close_test": 2, "frame_test": 0, "plain_test": 0},
    ),
    "equal-frame": unsolved_tables(
        "returns a table that shows assert_frame_equal the columns it is compared with",
        "equal",
        FRAME,
        gets={"close_test": 0, "frame_test": 2, "plain_test": 0},
    ),
}
