"""Partial credit: what the last line of a test is worth (`nbgrader.utils.get_partial_grade`)."""

from tests.grading.parity.corpus.making import BOOK, Assignment, assignment_of, notebook, tests

EXPRESSIONS = [
    "0", "0.5", "1", "2", "2.0", "-0.0", "-0.5", "-1", "-2", "1e-3", "1e-300", "0x1", "0b10", "1_0 / 10",
    "True", "False", "None", "...", "NotImplemented", "'1'", "'text'", "''", "b'1'", "u'0.5'", "f'{1}'",
    "float('nan')", "-float('nan')", "-float('inf')", "1j", "complex(1, 0)", "[]", "[1]", "[0.5, 1]", "(1,)",
    "()", "{}", "{1}", "{1: 2}", "range(1)", "int", "print", "object", "len", "lambda: 1", "type(1)",
    "__import__('decimal').Decimal('0.5')", "__import__('fractions').Fraction(1, 2)",
    "__import__('datetime').timedelta(1)", "__import__('enum').IntEnum('E', 'a').a",
    "0.5 if True else 1", "(y := 0.5)", "min(0.25, 1)", "sum([0.5] * 3)", "round(1.2345, 2)", "1 == 1.0",
    "not 1", "abs(-1.5)", "max([0, 1])", "divmod(3, 2)", "0.1 + 0.2", "1 / 3", "2 ** -2", "10 // 7", "~-2",
    "0.5;", "1.5 ;", "0.5 # a comment", "0.5;  # a comment", "0.5 # ; in a comment", "'a;b'", "0.5;;".rstrip(";") + " ;",
]  # fmt: skip

OBJECTS = """
class Shown:
    def __init__(self, text):
        self.text = text
    def __repr__(self):
        return self.text
class Rich(Shown):
    def _repr_html_(self):
        return "<b>0.5</b>"
class Bundle:
    def __init__(self, **data):
        self.data = {name.replace("__", "/"): value for name, value in data.items()}
    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.data
class Displays:
    def _ipython_display_(self):
        print("displayed by itself")
class Number(float):
    pass
class Odd(float):
    def __repr__(self):
        return "odd"
"""

SHOWN = {
    f"shown-{number}": f"Shown({shown!r})"
    for number, shown in enumerate([
        "0.5", " 0.5 ", "0.5\n", "\n1", "0.5\n0.7", "1_5e-1", "\uff11", "\u0661", "\u00bd", "+1", "--1", "1.", ".5",
        "1e-400", "nan", "NAN", "-inf", "0,5", "0.5 ", "1/2", "1 point", " ", "\t", "None", "True", "1\x00", "점수 1", "1.5f",
    ])
}  # fmt: skip

WAYS = {
    "assigned": "x = 0.5",
    "printed": "print(0.5)",
    "printed and value": "print(0.5)\n1.5",
    "last of two": "0.5\n1.5",
    "value then statement": "0.5\nx = 1",
    "inside if": "if True:\n    0.5",
    "inside for": "for i in range(2):\n    i",
    "inside with": "import contextlib\nwith contextlib.nullcontext():\n    0.5",
    "function returns": "def f():\n    return 0.5\nf()",
    "docstring only": "'''0.5'''",
    "comment only": "# 0.5",
    "displayed": "display(0.5)",
    "displayed and value": "display(0.5)\n1.5",
    "displayed twice": "display(1)\ndisplay(2)",
    "display returns handle": "display(1, display_id=True)",
    "display handle value": "display(0.5, display_id='a'); 1",
    "html": "from IPython.display import HTML\nHTML('0.5')",
    "markdown": "from IPython.display import Markdown\nMarkdown('**0.5**')",
    "latex": "from IPython.display import Latex, Math\nMath('0.5')",
    "json": "from IPython.display import JSON\nJSON({'a': 0.5})",
    "pretty": "from IPython.display import Pretty\nPretty('0.5')",
    "pretty displayed": "from IPython.display import Pretty\ndisplay(Pretty('0.5'))",
    "javascript": "from IPython.display import Javascript\nJavascript('1')",
    "svg": "from IPython.display import SVG\nSVG('<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>')",
    "image": "from IPython.display import Image\nimport base64\nImage(base64.b64decode('R0lGODlhAQABAAAAACw='), format='gif')",
    "code": "from IPython.display import Code\nCode('0.5')",
    "raw display": "display({'text/plain': '0.5'}, raw=True)",
    "publish": "from IPython.display import publish_display_data\npublish_display_data({'text/plain': '0.5'})",
    "rich object": "Rich('0.5')",
    "rich object, word": "Rich('half')",
    "bundle with plain": "Bundle(text__plain='0.25')",
    "bundle with both": "Bundle(text__plain='1', text__html='2')",
    "displays itself": "Displays()",
    "float subclass": "Number(0.5)",
    "float with odd repr": "Odd(0.5)",
    "underscore": ("0.5", "_"),
    "two underscores": ("0.25", "0.5", "__"),
    "three underscores": ("0.25", "0.5", "0.75", "___"),
    "underscore after test": "_",
    "underscore assigned": ("_ = 0.5", "_"),
    "underscore is gone": ("del _", "1.5"),
    "Out": ("0.75", "max(Out)\nOut[max(Out)]"),
    "In": "In[-1]",
    "number of cells": "len(In) > 1",
    "nested cell": "get_ipython().run_cell('0.5');",
    "nested cell and value": "get_ipython().run_cell('0.5')\n1.5",
    "nested cell fails": "get_ipython().run_cell('1/0');",
    "nested cell result": "get_ipython().run_cell('0.5').result",
    "displayhook": "import sys\nsys.displayhook(0.5)",
    "displayhook and value": "import sys\nsys.displayhook(0.5)\n1.5",
    "displayhook of None": "import sys\nsys.displayhook(None)",
    "run_line_magic": "get_ipython().run_line_magic('time', '1')",
    "value then stderr": "import sys\nget_ipython().run_cell('0.5')\nprint('late', file=sys.stderr)",
    "stderr then value": "import sys\nprint('early', file=sys.stderr)\n0.5",
    "stdout then value": "print('early')\n0.5",
    "value then error": "get_ipython().run_cell('0.5')\nraise ValueError",
    "value then stdout then error": "get_ipython().run_cell('0.5')\nprint('x')\n1/0",
    "value cleared": "from IPython.display import clear_output\nget_ipython().run_cell('0.5')\nclear_output()",
    "value cleared with wait": "from IPython.display import clear_output\nget_ipython().run_cell('0.5')\nclear_output(wait=True)",
    "value cleared, then text": "from IPython.display import clear_output\nget_ipython().run_cell('0.5')\nclear_output(wait=True)\nprint('x')",
    "cleared, then value": "from IPython.display import clear_output\nprint('x')\nclear_output()\n1.5",
    "every expression": ("get_ipython().ast_node_interactivity = 'all'", "0.5\n1.5\nNone\n2"),
    "last assignment": ("get_ipython().ast_node_interactivity = 'last_expr_or_assign'", "x = 0.5"),
    "no expression": ("get_ipython().ast_node_interactivity = 'none'", "0.5"),
    "last expression again": ("get_ipython().ast_node_interactivity = 'last_expr'", "1\n0.5"),
    "precision": ("%precision 2", "1.23456"),
    "precision off": ("%precision", "1.23456"),
    "pprint off": ("%pprint", "[1, 2]"),
    "pprint on": ("%pprint", "0.5"),
    "long list": "list(range(2000))",
    "deep list": "x = []\nfor i in range(50): x = [x]\nx",
    "quiet cell": "1.5\\\n;",
    "two statements on a line": "x = 1; x",
    "value of await": "import asyncio\nawait asyncio.sleep(0, 0.5)",
    "hidden test decides": "value = 0.5\n### BEGIN HIDDEN TESTS\nvalue = 1.5\n### END HIDDEN TESTS\nvalue",
    "hidden test fails": "1.5\n### BEGIN HIDDEN TESTS\nassert False\n### END HIDDEN TESTS",
    "hidden value": "assert True\n### BEGIN HIDDEN TESTS\n0.5\n### END HIDDEN TESTS",
    "blank lines after": "0.5\n\n\n",
    "white space after": "0.5   \n   \n",
}  # fmt: skip

NUMPY = [
    "np.float64(0.5)", "np.float32(1.5)", "np.float16(0.5)", "np.int64(1)", "np.int8(2)", "np.uint8(0)", "np.bool_(True)",
    "np.True_", "np.nan", "np.float64('nan')", "np.array(1)", "np.array(0.5)", "np.array([1])", "np.array([1, 2])", "np.zeros((2, 2))",
    "np.mean([1, 0])", "np.sum([0.5, 0.5])", "np.sum([1, 1]).item()", "float(np.mean([1, 0]))", "np.round(1.234, 1)", "np.complex128(1)",
    "np.datetime64('2026-01-01')", "np.str_('1')", "np.float64(-1)", "np.int64(-3)", "np.array([])", "np.ma.masked",
    "np.set_printoptions(legacy='1.25')", "np.float64(0.5)", "np.int64(1)", "np.bool_(True)", "np.float64(0.75).item()",
]  # fmt: skip

# nbgrader gives up on the notebook: nothing in it has a score.
FAILURES = {
    "above": "2.0001",
    "far-above": "100",
    "infinite": "float('inf')",
    "overflow": "1e400",
    "shown-above": "Shown('1_0')",
    "no-text": "Shown('')",
    "no-plain": "Bundle(text__html='0.5')",
    "boolean-number": "int(True) + 2",
    "nested": "get_ipython().run_cell('7')\n1",
    "plain-number": "Bundle(text__plain=0.25)",
    "html-is-object": "display({'text/plain': '1', 'text/html': {'a': 1}}, raw=True)",
    "cleared-later": "from IPython.display import clear_output\ndisplay({'text/html': 1}, raw=True)\nclear_output()",
    "updated": "h = display(1, display_id=True)\nfrom IPython.display import update_display\nupdate_display({'text/html': 5}, display_id=h.display_id, raw=True)",
    "error-value": "k = get_ipython().kernel\nk.send_response(k.iopub_socket, 'error', {'ename': 'E', 'evalue': 1, 'traceback': []});",
    "stream-number": "k = get_ipython().kernel\nk.send_response(k.iopub_socket, 'stream', {'name': 'stdout', 'text': 5});",
    "no-metadata": "k = get_ipython().kernel\nk.send_response(k.iopub_socket, 'display_data', {'data': {'text/plain': '1'}});",
}
# A notebook holds these.
HELD = {
    "list of texts": "display({'text/plain': ['0.5', '1']}, raw=True)",
    "json is anything": "display({'application/json': 5, 'application/x+json': None, 'text/plain': '1'}, raw=True)",
    "no data": "k = get_ipython().kernel\nk.send_response(k.iopub_socket, 'display_data', {'data': None, 'metadata': {}});",
    "unknown kind": "k.send_response(k.iopub_socket, 'nosuchkind', {'a': 1});",
    "third stream": "k.send_response(k.iopub_socket, 'stream', {'name': 'other', 'text': 'x'});",
    "result without count": "k.send_response(k.iopub_socket, 'execute_result', {'data': {'text/plain': '0.5'}, 'metadata': {}, 'execution_count': None});",
    "result of lists": "k.send_response(k.iopub_socket, 'execute_result', {'data': {'text/plain': ['0.5']}, 'metadata': {}, 'execution_count': 1});",
    "result of more lists": "k.send_response(k.iopub_socket, 'execute_result', {'data': {'text/plain': ['0.5', '1']}, 'metadata': {}, 'execution_count': 1});",
}


def _named(expressions: list[str]) -> dict[str, str]:
    return {f"{number:02d} {one}"[:60]: one for number, one in enumerate(expressions)}


def _failing(name: str, expression: str) -> Assignment:
    before = {"before": "0.5", "after-error": "1/0"}
    cells = [
        *tests({"classes": OBJECTS}),
        *tests(before),
        *tests({name: expression}),
        *tests({"later": "1"}),
    ]
    return Assignment(f"failure-{name}", {BOOK: notebook(*cells)})


ASSIGNMENTS = [
    assignment_of("expressions", _named(EXPRESSIONS), quick=("untouched",)),
    assignment_of("objects", {"classes": OBJECTS, **SHOWN}, points=20),
    assignment_of("ways", {"classes": OBJECTS, **WAYS}),
    assignment_of("held", HELD),
    assignment_of("numpy-values", {"import": "import numpy as np", **_named(NUMPY)}),
    assignment_of(
        "no-points",
        {"zero": "0", "none": "1;", "text": "'a'", "error": "1/0", "minus": "-1"},
        points=0,
    ),
    assignment_of(
        "half-points",
        {"zero": "0", "half": "0.5", "quarter": "0.25", "text": "'a'", "true": "True"},
        points=0.5,
    ),
    assignment_of("many-points", _named([e for e in EXPRESSIONS if e != "0.5"][:30]), points=100),
    *(_failing(name, expression) for name, expression in FAILURES.items()),
]
