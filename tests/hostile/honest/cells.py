"""Cells of their own that people put before an answer."""

CELLS: dict[str, str] = {
    "nothing-more": "pass",
    "warnings": """
import warnings
warnings.warn('careful')
warnings.simplefilter('ignore')
warnings.warn('silent')""",
    "plot": """
import matplotlib.pyplot as plt
plt.style.use('ggplot')
plt.plot([1, 2, 3])
plt.title('a plot')
plt.show()""",
    "plot-file": """
import matplotlib
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.bar([1, 2], [3, 4])
fig.savefig('bars.png')
plt.close(fig)
matplotlib.rcParams['figure.dpi'] = 60""",
    "inline": """
%matplotlib inline
%config InlineBackend.figure_format = 'svg'
import pylab
pylab.plot([1, 2])""",
    "widgets": """
import ipywidgets as widgets
from IPython.display import display
slider = widgets.IntSlider(5)
display(slider)
out = widgets.Output()
with out:
    print('captured')
display(out)
widgets.interact(lambda x: x + 1, x=3)""",
    "classes": """
class Vector:
    def __init__(self, *xs):
        self.xs = xs
    def __add__(self, other):
        return Vector(*(a + b for a, b in zip(self.xs, other.xs)))
    def __eq__(self, other):
        return isinstance(other, Vector) and self.xs == other.xs
    def __hash__(self):
        return hash(self.xs)
    def __getattr__(self, name):
        raise AttributeError(name)
assert Vector(1) + Vector(2) == Vector(3)""",
    "metaclass": """
class Registry(type):
    known = []
    def __new__(mcls, name, bases, body):
        made = super().__new__(mcls, name, bases, body)
        mcls.known.append(made)
        return made
class A(metaclass=Registry): pass
assert Registry.known == [A]""",
    "mock": """
from unittest import mock
fetch = mock.Mock(return_value=3)
assert fetch('url') == 3
fetch.assert_called_once_with('url')
assert mock.MagicMock() != 3
assert mock.ANY == 3
with mock.patch('time.sleep') as sleep:
    import time
    time.sleep(100)
assert sleep.called""",
    "mock-builtin": """
from unittest import mock
with mock.patch('builtins.input', return_value='5'):
    assert input('?') == '5'
with mock.patch('builtins.open', mock.mock_open(read_data='x')):
    import builtins
    assert builtins.open('nowhere').read() == 'x'""",
    "input": """
input = lambda prompt='': '42'
assert int(input('how many? ')) == 42""",
    "print": """
import functools
print = functools.partial(print, flush=True)
print('flushed')""",
    "names-of-builtins": """
list = [1, 2]
id = 7
type = 'kind'
max = 10
str = 'text'
filter = None
dir = '.'""",
    "decorators": """
import functools, time
def timed(function):
    @functools.wraps(function)
    def inner(*args):
        start = time.perf_counter()
        try:
            return function(*args)
        finally:
            inner.took = time.perf_counter() - start
    return inner
@timed
def slow(n):
    return sum(range(n))
assert slow(10) == 45""",
    "progress": """
import time
for i in range(50):
    print(f'\\r{i + 1}/50', end='', flush=True)
print()
from tqdm.auto import tqdm
from tqdm import trange
for _ in tqdm(range(20)):
    pass
for _ in trange(5):
    pass""",
    "logging": """
import logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stdout, force=True)
log = logging.getLogger('mine')
log.info('hello')
log.error('no problem')
logging.captureWarnings(True)""",
    "seeds": """
import random
import numpy as np
random.seed(1)
np.random.seed(1)
rng = np.random.default_rng(1)
print(random.random(), np.random.rand(), rng.normal())""",
    "threads": """
from concurrent.futures import ThreadPoolExecutor
import threading
with ThreadPoolExecutor(3) as pool:
    print(sum(pool.map(abs, range(10))))
lock = threading.Lock()
worker = threading.Thread(target=lambda: print('from a thread'))
worker.start(); worker.join()""",
    "timer": """
import threading, time
stopping = threading.Event()
def beat():
    while not stopping.wait(0.01):
        pass
threading.Thread(target=beat, daemon=True).start()""",
    "timeit": """
%timeit -n 10 -r 2 sum(range(10))
import timeit
print(timeit.timeit('1 + 1', number=10) >= 0)""",
    "time": """
%time x = sum(range(1000))
import time
time.sleep(0.01)""",
    "async": """
import asyncio
async def later(x):
    await asyncio.sleep(0.01)
    return x
print(await asyncio.gather(later(1), later(2)))
task = asyncio.create_task(later(3))
print(await task)""",
    "files": """
import json, csv, pathlib
pathlib.Path('notes.json').write_text(json.dumps({'a': 1}))
with open('table.csv', 'w', newline='') as file:
    csv.writer(file).writerows([[1, 2], [3, 4]])
print(open('table.csv').read(), json.load(open('notes.json')))""",
    "temporary-files": """
import tempfile, os, shutil
with tempfile.TemporaryDirectory() as folder:
    open(os.path.join(folder, 'x'), 'w').close()
    print(os.listdir(folder))
os.makedirs('kept', exist_ok=True)""",
    "pandas": """
import pandas as pd
frame = pd.DataFrame({'x': [1, 2, 3], 'y': list('aba')})
frame.to_csv('frame.csv')
display(frame.describe(), frame.groupby('y').x.mean().to_frame(), frame.style.background_gradient())""",
    "numpy": """
import numpy as np
a = np.arange(6).reshape(2, 3)
np.testing.assert_allclose(a.sum(), 15)
assert (a @ a.T).shape == (2, 2)
np.seterr(divide='ignore')
print(np.array([1.0]) / 0)""",
    "scikit-learn": """
from sklearn.linear_model import LinearRegression
import numpy as np
model = LinearRegression().fit(np.array([[1], [2], [3]]), [2, 4, 6])
print(round(float(model.coef_[0]), 3))""",
    "interactivity": """
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.ast_node_interactivity = 'all'
1 + 1
2 + 2""",
    "autoreload": """
%load_ext autoreload
%autoreload 2
import pathlib
pathlib.Path('mine.py').write_text('x = 1')
import mine
print(mine.x)""",
    "magics": """
from IPython.core.magic import register_line_magic
@register_line_magic
def twice(line):
    return line * 2
print(get_ipython().run_line_magic('twice', 'ab'))
%who
%pwd""",
    "capture": """
%alias_magic t time
from IPython.utils.capture import capture_output
with capture_output() as captured:
    print('inside')
assert captured.stdout == 'inside\\n'""",
    "redirect": """
import contextlib, io
buffer = io.StringIO()
with contextlib.redirect_stdout(buffer):
    print('inside')
with contextlib.suppress(ZeroDivisionError):
    1 / 0
print(buffer.getvalue())""",
    "doctest": """
import doctest
def triple(x):
    '''Three times x.

    >>> triple(2)
    6
    >>> triple('a')
    'aaa'
    '''
    return 3 * x
print(doctest.testmod())
doctest.run_docstring_examples(triple, globals())""",
    "unittest": """
import unittest
class TestMine(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(sum([1, 2]), 3)
        with self.assertRaises(ZeroDivisionError):
            1 / 0
unittest.main(argv=[''], exit=False, verbosity=2)""",
    "own-asserts": """
def check(actual, wanted):
    assert actual == wanted, f'{actual} is not {wanted}'
check(1 + 1, 2)
try:
    check(1, 2)
except AssertionError as error:
    print('as expected:', error)""",
    "profile": """
import cProfile, pstats
profile = cProfile.Profile()
profile.enable()
sorted(range(100))
profile.disable()
pstats.Stats(profile).print_stats(3)
%prun -q sum(range(10))""",
    "trace": """
import sys, tracemalloc
lines = []
def tracer(frame, event, argument):
    lines.append(event)
    return tracer
def f():
    return 1
sys.settrace(tracer)
f()
sys.settrace(None)
tracemalloc.start()
tracemalloc.stop()
assert 'call' in lines""",
    "inspect": """
import inspect, dis, gc, sys
def f(x):
    return x
print(inspect.getsource(f), inspect.signature(f))
dis.dis(f)
gc.collect()
print(sys.getrefcount(f) > 0, inspect.currentframe().f_code.co_name)""",
    "history": """
_ih
In[-1]
print(len(In), sorted(Out))
_ = 5""",
    "display": """
from IPython.display import HTML, Latex, Markdown, Math, clear_output, display
display(HTML('<b>bold</b>'))
display(Markdown('*text*'), Latex('$x^2$'), Math('x'))
handle = display('a', display_id=True)
handle.update('b')
clear_output(wait=True)""",
    "representations": """
class Money:
    def __init__(self, n):
        self.n = n
    def _repr_html_(self):
        return f'<i>{self.n}</i>'
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {'text/plain': f'{self.n} money'}
display(Money(5))
get_ipython().display_formatter.formatters['text/html'].for_type(complex, lambda c: f'<b>{c}</b>')
display(1 + 2j)""",
    "recursion": """
import sys
sys.setrecursionlimit(5000)
def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)
assert depth(2000) == 2000""",
    "generators": """
def count():
    n = 0
    while True:
        yield (n := n + 1)
import itertools
print([*itertools.islice(count(), 3)], {**{'a': 1}}, [x for x in range(3) if x], *map(chr, (97, 98)))""",
    "exceptions": """
class Mine(Exception):
    def __str__(self):
        return 'mine'
try:
    raise Mine from KeyError('k')
except Mine as error:
    print(repr(error), error.__cause__)
import traceback
traceback.print_stack(limit=1)""",
    "signal": """
import signal
def handler(*_more):
    raise TimeoutError
before = signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 5)
signal.setitimer(signal.ITIMER_REAL, 0)
signal.signal(signal.SIGALRM, before)""",
}
"""Source by name; none stops with an error, and each works wherever notebooks are graded."""
