"""Hooks into IPython and Python that change a test, or what is said of it."""

from tests.hostile.attack import NOTHING, RIGHT, Attack, unsolved

LEARN = """
import ast
def learn(source, names):
    '''Define functions that return what the tests in `source` compare them with.'''
    wanted = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Call):
            arguments = tuple(eval(ast.unparse(one), names) for one in node.left.args)
            wanted[ast.unparse(node.left.func), arguments] = eval(ast.unparse(node.comparators[0]), names)
    for name, _arguments in wanted:
        names[name] = lambda *arguments, name=name: wanted.get((name, arguments))
def test_ahead():
    source = get_ipython().user_ns["In"][-1]
    return source if "double(" in source or "root(" in source else ""
"""
"""What other attacks begin with: answers are made from the test when it is about to run."""

DROP_ASSERTIONS = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)
get_ipython().ast_transformers.append(Drop())
"""

REWRITE_SUMS = """
import ast
class Rewrite(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Expr(ast.Constant(None)), node)
    def visit_List(self, node):
        return ast.copy_location(ast.List([ast.Constant(True)] * len(node.elts), node.ctx), node)
get_ipython().ast_transformers.append(Rewrite())
"""

INPUT_POST = """
def blank(lines):
    return [line.replace("assert", "None and") for line in lines]
get_ipython().input_transformers_post.append(blank)
"""

INPUT_CLEANUP = """
def blank(lines):
    return ["pass\\n"] if any("double" in line or "root" in line for line in lines) else lines
get_ipython().input_transformers_cleanup.append(blank)
"""

PRE_RUN_CELL = (
    LEARN
    + """
def before(info):
    learn(info.raw_cell, get_ipython().user_ns)
get_ipython().events.register("pre_run_cell", before)
"""
)

POST_RUN_CELL = """
shell = get_ipython()
shell.showtraceback = lambda *arguments, **options: None
def after(result):
    result.error_in_exec = result.error_before_exec = None
shell.events.register("post_run_cell", after)
"""

RESULT_CLASS = """
import IPython.core.interactiveshell
IPython.core.interactiveshell.ExecutionResult.success = property(lambda self: True)
get_ipython()._showtraceback = lambda *arguments: None
"""

CUSTOM_EXCEPTIONS = """
get_ipython().set_custom_exc((BaseException,), lambda self, kind, value, tb, tb_offset=None: None)
"""

COMPILE_FLAGS = """
shell = get_ipython()
def optimized(self, source, filename, symbol, *more, **options):
    return compile(source, filename, symbol, self.flags, True, optimize=1)
type(shell.compile).__call__ = optimized
"""

RUN_CELL_ASYNC = """
shell = type(get_ipython())
original = shell.run_cell_async
async def run_cell_async(self, raw_cell, *arguments, **options):
    if "double" in raw_cell or "root" in raw_cell:
        raw_cell = options["transformed_cell"] = "None"
    return await original(self, raw_cell, *arguments, **options)
shell.run_cell_async = run_cell_async
"""

RUN_CODE = """
shell = type(get_ipython())
async def run_code(self, code_obj, result=None, *, async_=False):
    try:
        exec(code_obj, self.user_global_ns, self.user_ns)
    except BaseException:
        pass
    return False
shell.run_code = run_code
"""

DO_EXECUTE = """
kernel = get_ipython().kernel
original = kernel.do_execute
async def do_execute(code, *arguments, **options):
    return await original("None" if "double" in code or "root" in code else code, *arguments, **options)
kernel.do_execute = do_execute
"""

BUILTIN_EXEC = """
import builtins
original = builtins.exec
def lenient(*arguments, **options):
    try:
        original(*arguments, **options)
    except BaseException:
        pass
builtins.exec = lenient
"""

TRACE = (
    LEARN
    + """
import sys
def trace(frame, event, argument):
    if frame.f_code.co_name.startswith(("<module>", "<cell")):
        learn(test_ahead(), frame.f_globals)
sys.settrace(trace)
"""
)

PROFILE = (
    LEARN
    + """
import sys
def learn_once(code, *_more):
    if code.co_name.startswith(("<module>", "<cell")):
        learn(test_ahead(), get_ipython().user_ns)
if hasattr(sys, "monitoring"):
    sys.monitoring.use_tool_id(3, "learner")
    sys.monitoring.register_callback(3, sys.monitoring.events.PY_START, learn_once)
    sys.monitoring.set_events(3, sys.monitoring.events.PY_START)
else:
    sys.setprofile(lambda frame, event, argument: learn_once(frame.f_code))
"""
)

AUDIT = (
    LEARN
    + """
import sys
busy = []
def audit(event, arguments):
    if event == "exec" and not busy:
        busy.append(event)
        learn(test_ahead(), get_ipython().user_ns)
        busy.clear()
sys.addaudithook(audit)
"""
)

FORMATTER = """
get_ipython().display_formatter.formatters["text/plain"].for_type(float, lambda number, text, cycle: text.text("1.5"))
"""

NO_RESULTS = """
get_ipython().ast_node_interactivity = "none"
"""

QUIET = """
type(get_ipython().displayhook).quiet = lambda self: True
"""

DISPLAYS_FULL_MARKS = """
def double(x):
    get_ipython().displayhook(2.0 if x in (2, -1.5) else 1.5)
def root(x):
    get_ipython().displayhook(3.0 if x == 100 else 1.5)
"""

MORE_THAN_ALL = """
import builtins
builtins.sum = lambda numbers: 99
"""

NAMESPACE = """
class Lying(dict):
    def __getitem__(self, name):
        value = dict.__getitem__(self, name)
        if name == "double":
            return lambda x: 2 * x
        if name == "root":
            return lambda x: x ** 0.5
        return value
shell = get_ipython()
shell.user_ns = Lying(shell.user_ns)
"""

NO_GUARD = """
kernel = get_ipython().kernel
kernel._begin_test = lambda wanted: {}
async def end(wanted):
    return {"failed": True}
kernel._end_test = end
async def run_code(*more, **options):
    return False
type(get_ipython()).run_code = run_code
"""

PREFILTER = """
get_ipython().prefilter_manager.prefilter_lines = lambda lines, *more: "1.5" if "sum(" in lines else "pass"
"""

ATTACKS: dict[str, Attack] = {
    "no-guard": unsolved(
        "replaces what the grader asks before and after a test, and what runs cells",
        "hooks",
        NO_GUARD,
        gets=RIGHT,
        shows=None,
    ),
    "prefilter": unsolved(
        "replaces IPython's prefilter with one that gives another cell",
        "hooks",
        PREFILTER,
        gets=RIGHT | {"double_test": 0},
    ),
    "ast-drops": unsolved(
        "registers an AST transformer that drops assertions",
        "hooks",
        DROP_ASSERTIONS,
    ),
    "ast-rewrites": unsolved(
        "registers an AST transformer that drops assertions and makes lists all true",
        "hooks",
        REWRITE_SUMS,
    ),
    "input-post": unsolved(
        "registers an input transformer that disarms the word assert",
        "hooks",
        INPUT_POST,
    ),
    "input-cleanup": unsolved(
        "registers an input transformer that empties the tests",
        "hooks",
        INPUT_CLEANUP,
    ),
    "pre-run-cell": unsolved(
        "reads the test in a pre_run_cell event and defines answers that fit",
        "hooks",
        PRE_RUN_CELL,
    ),
    "post-run-cell": unsolved(
        "silences tracebacks and forgets the error in a post_run_cell event",
        "hooks",
        POST_RUN_CELL,
    ),
    "result-class": unsolved(
        "patches IPython's classes so that every result is a success",
        "hooks",
        RESULT_CLASS,
    ),
    "custom-exceptions": unsolved(
        "sets a custom exception handler that says nothing", "hooks", CUSTOM_EXCEPTIONS, gets=NOTHING
    ),
    "compile-flags": unsolved(
        "compiles cells as `python -O` does, without assertions",
        "hooks",
        COMPILE_FLAGS,
    ),
    "run-cell-async": unsolved(
        "overrides run_cell_async to skip the tests",
        "hooks",
        RUN_CELL_ASYNC,
    ),
    "run-code": unsolved(
        "overrides run_code to swallow what tests raise",
        "hooks",
        RUN_CODE,
    ),
    "do-execute": unsolved(
        "overrides the kernel's do_execute to skip the tests",
        "hooks",
        DO_EXECUTE,
    ),
    "builtin-exec": unsolved(
        "replaces exec by one that swallows exceptions",
        "hooks",
        BUILTIN_EXEC,
    ),
    "trace": unsolved(
        "learns the answers from the test in a sys.settrace function",
        "hooks",
        TRACE,
    ),
    "profile": unsolved(
        "learns the answers from the test in a sys.setprofile or sys.monitoring function",
        "hooks",
        PROFILE,
    ),
    "audit": unsolved(
        "learns the answers from the test in an audit hook, which cannot be removed", "hooks", AUDIT, gets=RIGHT
    ),
    "formatter": unsolved(
        "formats every number as full marks",
        "hooks",
        FORMATTER,
    ),
    "no-results": unsolved(
        "switches off that results are displayed, so that nobody is told a part of the points",
        "hooks",
        NO_RESULTS,
    ),
    "quiet": unsolved(
        "patches the displayhook so that it is quiet about a part of the points",
        "hooks",
        QUIET,
    ),
    "displays-marks": unsolved(
        "displays full marks as the test's result before the test fails",
        "hooks",
        DISPLAYS_FULL_MARKS,
        gets=NOTHING | {"parts": 1.5},
    ),
    "namespace": unsolved(
        "replaces the namespace by one that hands out other functions",
        "hooks",
        NAMESPACE,
    ),
}
