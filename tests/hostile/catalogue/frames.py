"""Answers that read the test that calls them, and exceptions that IPython does not show."""

from tests.hostile.attack import ASSERTIONS, RIGHT, Attack, unsolved
from tests.hostile.catalogue.hooks import LEARN

RETURNS = (
    LEARN
    + """
def returns(name, x, source):
    names = {**get_ipython().user_ns, name: lambda x: None}
    learn(source, names)
    return names[name](x)
"""
)

CALLERS_SOURCE = (
    RETURNS
    + """
import linecache, sys
def source_of(frame):
    return "".join(linecache.getlines(frame.f_code.co_filename))
double = lambda x: returns("double", x, source_of(sys._getframe(1)))
root = lambda x: returns("root", x, source_of(sys._getframe(1)))
"""
)

INSPECT_STACK = (
    RETURNS
    + """
import inspect
def source_of(stack):
    return inspect.getsource(next(one.frame for one in stack if one.function.startswith(("<module>", "<cell"))))
double = lambda x: returns("double", x, source_of(inspect.stack()))
root = lambda x: returns("root", x, source_of(inspect.stack()))
"""
)

TRACEBACK = (
    RETURNS
    + """
import linecache
def source_of_caller():
    try:
        raise ValueError
    except ValueError as error:
        frame = error.__traceback__.tb_frame.f_back.f_back
    return "".join(linecache.getlines(frame.f_code.co_filename))
double = lambda x: returns("double", x, source_of_caller())
root = lambda x: returns("root", x, source_of_caller())
"""
)

HISTORY = (
    RETURNS
    + """
double = lambda x: returns("double", x, get_ipython().user_ns["_ih"][-1])
root = lambda x: returns("root", x, get_ipython().history_manager.input_hist_raw[-1])
"""
)

GARBAGE = (
    RETURNS
    + """
import gc
def search(what):
    for one in gc.get_objects():
        if type(one) is dict and what in str(one.get("code") or one.get("raw_cell") or ""):
            yield str(one.get("code") or one.get("raw_cell"))
        if hasattr(one, "gi_frame") or type(one).__name__ == "frame":
            frame = one if type(one).__name__ == "frame" else one.gi_frame
            for name in ("code", "raw_cell", "cell"):
                if frame and what in str(frame.f_locals.get(name, "")):
                    yield str(frame.f_locals[name])
def found(name):
    return next(source for source in search(name + "(") if "def " not in source and "assert" in source)
double = lambda x: returns("double", x, found("double"))
root = lambda x: returns("root", x, found("root"))
"""
)

CONSTANTS = """
import ctypes, sys
def blank(frame):
    '''Make everything that the calling code compares with None.'''
    constants = frame.f_code.co_consts
    size = ctypes.sizeof(ctypes.c_void_p)
    for position, constant in enumerate(constants):
        if type(constant) in (int, float):
            ctypes.c_void_p.from_address(id(constants) + 3 * size + position * size).value = id(None)
double = lambda x: blank(sys._getframe(1))
"""

SHELL_IN_THE_STACK = """
import sys
def silence():
    frame = sys._getframe(1)
    while "result" not in frame.f_locals or "self" not in frame.f_locals:
        frame = frame.f_back
    frame.f_locals["self"].showtraceback = lambda *arguments, **options: None
    type(frame.f_locals["result"]).success = True
double = root = lambda x: silence()
"""

DEBUGGER_QUITS = """
import bdb
def double(x):
    raise bdb.BdbQuit
root = double
"""

UNPRINTABLE = """
class Unprintable(Exception):
    def __str__(self):
        raise SystemExit
    __repr__ = __str__
def double(x):
    raise Unprintable
root = double
"""

RENDERS_ITSELF = """
class RendersItself(Exception):
    def _render_traceback_(self):
        raise KeyboardInterrupt
def double(x):
    get_ipython().get_exception_only = lambda: ""
    raise RendersItself
root = double
"""

NAMED_OK = """
class ok(BaseException):
    def _render_traceback_(self):
        return []
ok.__name__ = ""
def double(x):
    raise ok
root = double
"""

SHOWS_HIDDEN = """
def double(x):
    print("the hidden test:", get_ipython().user_ns["In"][-1])
    return 2 * x
def root(x):
    return x ** 0.5
"""

HIDDEN_IN_A_FILE = """
def double(x):
    import sys
    with open("what-the-test-says.txt", "a") as file:
        file.write(get_ipython().user_ns["In"][-1])
    return 2 * x
def root(x):
    return x ** 0.5
"""

THE_REQUEST = """
import ast
def root(x):
    for node in ast.walk(ast.parse(get_ipython().get_parent()["content"]["code"])):
        if isinstance(node, ast.Compare) and eval(ast.unparse(node.left.args[0])) == x:
            return eval(ast.unparse(node.comparators[0]))
double = root
"""

ATTACKS: dict[str, Attack] = {
    "the-request": unsolved(
        "reads the test in the request that the kernel got, and returns what is wanted",
        "frames",
        THE_REQUEST,
        gets=RIGHT,
    ),
    "callers-source": unsolved(
        "reads its caller's source with sys._getframe and linecache and returns what is wanted",
        "frames",
        CALLERS_SOURCE,
        gets=RIGHT,
    ),
    "inspect-stack": unsolved(
        "reads its caller's source with inspect.stack and returns what is wanted", "frames", INSPECT_STACK, gets=RIGHT
    ),
    "traceback": unsolved(
        "climbs to its caller from a traceback of its own and returns what is wanted", "frames", TRACEBACK, gets=RIGHT
    ),
    "history": unsolved(
        "reads the test in IPython's history and returns what is wanted", "frames", HISTORY, gets=RIGHT
    ),
    "garbage": unsolved(
        "finds the test's source among all objects with gc.get_objects", "frames", GARBAGE, gets=ASSERTIONS
    ),
    "constants": unsolved(
        "overwrites, with ctypes, the constants of the code that calls it",
        "frames",
        CONSTANTS,
    ),
    "shell-in-the-stack": unsolved(
        "finds IPython in the stack and makes it silent before it fails",
        "frames",
        SHELL_IN_THE_STACK,
        gets=ASSERTIONS,
    ),
    "debugger-quits": unsolved(
        "raises bdb.BdbQuit, which IPython does not show", "frames", DEBUGGER_QUITS, flagged=False
    ),
    "unprintable": unsolved("raises an exception whose text raises SystemExit", "frames", UNPRINTABLE, flagged=False),
    "renders-itself": unsolved(
        "raises an exception that breaks off while its traceback is made", "frames", RENDERS_ITSELF
    ),
    "nameless": unsolved("raises an exception without a name and a traceback", "frames", NAMED_OK, flagged=False),
    "shows-hidden": Attack(
        "prints the hidden test from inside the function that it calls",
        "frames",
        {"double": SHOWS_HIDDEN + "\nprint('tried')", "root": "# see above"},
    ),
    "keeps-hidden": Attack(
        "writes the hidden test to a file beside the notebook",
        "frames",
        {"double": HIDDEN_IN_A_FILE + "\nprint('tried')", "root": "# see above"},
    ),
}
