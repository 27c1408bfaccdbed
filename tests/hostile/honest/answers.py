"""Right and wrong answers to the tasks of both courses, in many styles."""

from dataclasses import dataclass, field

from tests.hostile.attack import RIGHT, TABLES, Scores

_DOUBLE = "def double(x):\n    return 2 * x"
_ROOT = "def root(x):\n    return math.sqrt(x)"


@dataclass(frozen=True)
class Answers:
    """What someone answers, and what it is worth."""

    double: str = _DOUBLE
    root: str = _ROOT
    scores: Scores = field(default_factory=lambda: RIGHT)


RIGHT_ANSWERS = (
    Answers(),
    Answers("double = lambda x: x + x", "root = lambda x: x**0.5"),
    Answers("import operator, functools\ndouble = functools.partial(operator.mul, 2)", "root = math.sqrt"),
    Answers("def double(x: float) -> float:\n    '''Twice x.'''\n    y = x\n    y += x\n    return y"),
    Answers(root="def root(x):\n    r = x or 1.0\n    for _ in range(60):\n        r = (r + x / r) / 2\n    return r"),
    Answers("import numpy as np\ndef double(x):\n    return np.multiply(x, 2)", "def root(x):\n    return np.sqrt(x)"),
    Answers(
        "class Doubler:\n    calls = 0\n    def __call__(self, x):\n        self.calls += 1\n        return x * 2\n"
        "double = Doubler()",
        "class Root:\n    def __new__(cls, x):\n        return math.sqrt(x)\nroot = Root",
    ),
    Answers(
        "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef double(x):\n    return 2 * x",
        "from functools import wraps\ndef counted(function):\n    @wraps(function)\n    def inner(*args, **kwargs):\n"
        "        inner.calls += 1\n        return function(*args, **kwargs)\n    inner.calls = 0\n    return inner\n"
        "@counted\ndef root(x):\n    return x ** 0.5",
    ),
    Answers(
        "from dataclasses import dataclass\n@dataclass\nclass Amount:\n    value: float\n    def __eq__(self, other):\n"
        "        return self.value == getattr(other, 'value', other)\ndef double(x):\n    return Amount(2 * x)"
    ),
    Answers("from fractions import Fraction\ndef double(x):\n    return Fraction(x) * 2"),
    Answers("from decimal import Decimal\ndef double(x):\n    return Decimal(x) + Decimal(x)"),
    Answers(
        "def double(x):\n    print('doubling', x)\n    return 2 * x",
        "import logging\ndef root(x):\n    logging.warning('root of %s', x)\n    return math.sqrt(x)",
    ),
    Answers(
        "import warnings\ndef double(x):\n    warnings.warn('double is slow', DeprecationWarning)\n    return 2 * x",
        "import sys\ndef root(x):\n    print('computing', file=sys.stderr)\n    return math.sqrt(x)",
    ),
    Answers("double = {2: 4, -1.5: -3, 1: 2, 21: 42}.__getitem__", "root = {100: 10, 4: 2, 9: 3, 2: 1.4, 3: 1.7}.get"),
    Answers(
        "def double(x):\n    match x:\n        case 0:\n            return 0\n    return x + x",
        "def root(x):\n    try:\n        return math.sqrt(x)\n    except ValueError:\n        return float('nan')\n"
        "    finally:\n        pass",
    ),
    Answers("import torch_is_not_here", "root = math.sqrt", {"double_test": 0, "root_test": 3, "parts": 0}),
)
"""Of people who know how, the last of whom does not have what is needed here."""

WRONG_ANSWERS = (
    Answers("def double(x):\n    return x * x", scores={"double_test": 0, "root_test": 3, "parts": 1}),
    Answers(root="def root(x):\n    return 2", scores={"double_test": 2, "root_test": 0, "parts": 1}),
    Answers("def double(x)\n    return 2 * x", scores={"double_test": 0, "root_test": 3, "parts": 0}),
    Answers(
        "def double(x):\n    raise NotImplementedError",
        "def root(x):\n    raise NotImplementedError",
        {"double_test": 0, "root_test": 0, "parts": 0},
    ),
    Answers(root="def root(x):\n    print(math.sqrt(x))", scores={"double_test": 2, "root_test": 0, "parts": 0.5}),
    Answers(
        "def double(x):\n    assert x > 0, 'only positive numbers'\n    return 2 * x",
        scores={"double_test": 0, "root_test": 3, "parts": 1.5},
    ),
    Answers("", "", {"double_test": 0, "root_test": 0, "parts": 0}),
    Answers(root="root = round", scores={"double_test": 2, "root_test": 0, "parts": 0.5}),
    Answers("def double(x):\n    return f'{x}{x}'", scores={"double_test": 0, "root_test": 3, "parts": 1}),
    Answers(
        "def double(x):\n    return double(x - 1) + 2 if x else 0",
        scores={"double_test": 0, "root_test": 3, "parts": 1.5},
    ),
    Answers(
        "def double(x):\n    return [x, x]",
        "def root(x):\n    import numpy as np\n    return float(np.log(x))",
        {"double_test": 0, "root_test": 0, "parts": 0},
    ),
)
"""Of people who try."""


@dataclass(frozen=True)
class Tables:
    """What someone answers in the course with numpy and pandas."""

    halves: str = "def halves(xs):\n    return np.asarray(xs) / 2"
    table: str = "def table():\n    return pd.DataFrame({'name': ['a', 'b'], 'sum': [3, 7]})"
    scores: Scores = field(default_factory=lambda: TABLES)


_NO_FRAME: Scores = {"close_test": 2.0, "frame_test": 0.0, "plain_test": 1.0}

TABLE_ANSWERS: dict[str, Tables] = {
    "plain": Tables(),
    "lists": Tables("def halves(xs):\n    return np.array([x / 2 for x in xs])"),
    "subclass": Tables(
        "class Lengths(np.ndarray):\n    def __array_ufunc__(self, ufunc, method, *inputs, **options):\n"
        "        plain = [np.asarray(one) for one in inputs]\n"
        "        return getattr(ufunc, method)(*plain, **options)\n"
        "def halves(xs):\n    return (np.asarray(xs) / 2).view(Lengths)"
    ),
    "groupby": Tables(
        table="def table():\n    long = pd.DataFrame({'name': list('aabb'), 'sum': [1, 2, 3, 4]})\n"
        "    return long.groupby('name', as_index=False)['sum'].sum().rename(columns=str)"
    ),
    "accessor": Tables(
        table="@pd.api.extensions.register_dataframe_accessor('mine')\nclass Mine:\n    def __init__(self, frame):\n"
        "        self.frame = frame\n    def clean(self):\n        return self.frame.reset_index(drop=True)\n"
        "def table():\n    return pd.DataFrame({'name': ['a', 'b'], 'sum': [3, 7]}, index=[5, 6]).mine.clean()"
    ),
    "options": Tables(
        "pd.set_option('display.max_rows', 5)\nnp.set_printoptions(precision=2)\nnp.seterr(all='ignore')\n"
        "def halves(xs):\n    with np.errstate(divide='ignore'):\n        return np.divide(xs, 2.0)"
    ),
    "index": Tables(
        table="def table():\n    return pd.DataFrame({'name': ['a', 'b'], 'sum': [3, 7]}).set_index('name')",
        scores={"close_test": 2, "frame_test": 0, "plain_test": 1},
    ),
    "integers": Tables(
        "def halves(xs):\n    return np.asarray(xs) // 2", scores={"close_test": 0, "frame_test": 2, "plain_test": 0}
    ),
    "nothing": Tables("def halves(xs): ...", "def table(): ...", {"close_test": 0, "frame_test": 0, "plain_test": 0}),
    "floats": Tables(
        table="def table():\n    return pd.DataFrame({'name': ['a', 'b'], 'sum': [3.0, 7.0]})", scores=_NO_FRAME
    ),
}
