"""What one cell leaves for the next: names, hooks, replaced streams, open figures, half-done solutions."""

from tests.grading.parity.corpus.making import (
    BOOK,
    Assignment,
    Books,
    Edit,
    as_released,
    code,
    marked,
    notebook,
    solution,
    test_of,
    writes,
)

SOURCE = notebook(
    code("import sys, warnings\nresults = []"),
    solution("### BEGIN SOLUTION\ndef double(x):\n    return 2 * x\n### END SOLUTION", "double"),
    test_of("assert double(2) == 4", "test-double", 1),
    test_of("assert double('a') == 'aa'\n### BEGIN HIDDEN TESTS\nassert double([1]) == [1, 1]\n### END HIDDEN TESTS", "test-kinds", 2),
    solution("### BEGIN SOLUTION\nclass Account:\n    def __init__(self): self.balance = 0\n    def deposit(self, amount):\n        if amount <= 0: raise ValueError('amount')\n        self.balance += amount\n### END SOLUTION", "account"),
    test_of("account = Account()\naccount.deposit(5)\nassert account.balance == 5", "test-deposit", 2),
    test_of("try:\n    Account().deposit(-1)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('no error')", "test-refusal", 2),
    test_of("account.deposit(5)\naccount.balance / 5", "part-state", 2),
    solution("### BEGIN SOLUTION\nrows = [(n, n ** 2) for n in range(5)]\n### END SOLUTION", "rows"),
    test_of("sum(n * n == square for n, square in rows) / len(rows) * 3", "part-rows", 3),
    test_of("assert len(rows) == 5, f'{len(rows)} rows'", "test-rows", 1),
    solution("### BEGIN SOLUTION\nwith open('notes.txt', 'w', encoding='utf-8') as file:\n    file.write('하나\\n둘\\n')\n### END SOLUTION", "notes"),
    test_of("assert open('notes.txt', encoding='utf-8').read().split() == ['하나', '둘']", "test-notes", 1),
    test_of("assert sys.stdout.write and print('still here') is None", "test-streams", 1),
    test_of("with warnings.catch_warnings():\n    warnings.simplefilter('error')\n    double(1)", "test-quiet", 1),
    test_of("len('abc') / 3", "part-builtin", 1),
)  # fmt: skip

GOOD = {
    "double": "def double(x):\n    return 2 * x",
    "account": "class Account:\n    def __init__(self): self.balance = 0\n    def deposit(self, amount):\n        if amount <= 0: raise ValueError('amount')\n        self.balance += amount",
    "rows": "rows = [(n, n ** 2) for n in range(5)]",
    "notes": "with open('notes.txt', 'w', encoding='utf-8') as file:\n    file.write('하나\\n둘\\n')",
}  # fmt: skip


def good(**changed: str) -> Edit:
    return writes(**(GOOD | changed))


def after(source: str, *, cell: str = "double") -> Edit:
    def edit(books: Books) -> None:
        good()(books)
        marked(books, cell)["source"] += "\n" + source

    return edit


HANDED_IN: dict[str, Edit] = {
    "untouched": as_released,
    "good": good(),
    "off-by-one": good(rows="rows = [(n, n ** 2) for n in range(6)]", double="def double(x):\n    return x + x + 0"),
    "prints-instead": good(double="def double(x):\n    print(2 * x)"),
    "warns-once": good(double="import warnings\ndef double(x):\n    warnings.warn('slow')\n    return 2 * x"),
    "deprecated": good(double="import warnings\ndef double(x):\n    warnings.warn('old', DeprecationWarning, stacklevel=2)\n    return 2 * x"),
    "logs": good(double="import logging\ndef double(x):\n    logging.warning('doubling')\n    return 2 * x"),
    "prints-much": good(double="def double(x):\n    print('x' * 100_000)\n    return 2 * x"),
    "clears": good(double="from IPython.display import clear_output\nimport sys\ndef double(x):\n    print('x', file=sys.stderr)\n    clear_output()\n    return 2 * x"),
    "exits": good(double="def double(x):\n    raise SystemExit"),
    "interrupts": good(double="def double(x):\n    raise KeyboardInterrupt"),
    "recurses": good(double="def double(x):\n    return double(x)"),
    "asks": good(double="def double(x):\n    return 2 * int(input())"),
    "returns-odd": good(double="class Any:\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\ndef double(x):\n    return Any()"),
    "returns-odd-numbers": good(rows="class N(int):\n    def __eq__(self, o): return True\nrows = [(N(1), N(7))] * 5"),
    "assert-replaced": after("import builtins\nbuiltins.AssertionError = type('Fine', (Exception,), {})\nclass AssertionError(Exception): pass"),
    "stdout-replaced": after("import io, sys\nsys.stdout = io.StringIO()"),
    "stderr-replaced": after("import io, sys\nsys.stderr = io.StringIO()\ndef double(x):\n    print('x', file=sys.stderr)\n    return 2 * x"),
    "print-replaced": after("def print(*a, **k): raise RuntimeError('no printing')"),
    "len-replaced": after("def len(x): return 1"),
    "sys-replaced": after("sys = None"),
    "warnings-as-errors": after("warnings.simplefilter('error')"),
    "warnings-ignored": good(double="import warnings\nwarnings.simplefilter('ignore')\ndef double(x):\n    warnings.warn('x')\n    return 2 * x"),
    "excepthook": after("def quiet(shell, *a, **k): pass\nget_ipython().set_custom_exc((Exception,), quiet)", cell="rows"),
    "showtraceback-replaced": after("get_ipython().showtraceback = lambda *a, **k: None\ndel double", cell="account"),
    "run_cell-replaced": after("shell = get_ipython()\nkeep = shell.run_cell_async\n", cell="rows"),
    "displayhook-replaced": after("import sys\nsys.displayhook = lambda value: print('shown', value)", cell="rows"),
    "matplotlib-figure-left": after("import matplotlib.pyplot as plt\nplt.figure()", cell="rows"),
    "chdir": after("import os\nos.mkdir('away'); os.chdir('away')", cell="account"),
    "all-names-deleted": after("for _name in [n for n in globals() if not n.startswith('_')]: del globals()[_name]", cell="rows"),
    "reset": after("%reset -f", cell="rows"),
    "reset-in-cell": good(rows="%reset -f in\nrows = [(n, n ** 2) for n in range(5)]"),
    "recursion-limit": after("import sys\nsys.setrecursionlimit(120)", cell="account"),
    "syntax-error": good(account="class Account\n    pass"),
    "tabs": good(double="def double(x):\n\treturn 2 * x"),
    "commented": good(rows="# rows = 1\n" + GOOD["rows"]),
    "everything-in-one": writes(double="\n".join(GOOD.values()), account="", rows="", notes=""),
    "in-reverse": writes(notes="\n".join(GOOD.values()), double="", account="", rows=""),
    "async": good(double="import asyncio\nasync def later(x): return 2 * x\ndef double(x):\n    return asyncio.run(later(x))"),
    "threaded": good(double="import threading\ndef double(x):\n    out = []\n    t = threading.Thread(target=lambda: out.append(2 * x)); t.start(); t.join()\n    return out[0]"),
    "numpy": good(double="import numpy as np\ndef double(x):\n    return np.multiply(x, 2)"),
    "random": good(double="import random\nrandom.seed(4)\ndef double(x):\n    return 2 * x if random.random() < 0.3 else None"),
    "slow-import": good(double="import pandas, numpy\ndef double(x):\n    return 2 * x"),
}  # fmt: skip

ASSIGNMENTS = [
    Assignment("state", {BOOK: SOURCE}, HANDED_IN, quick=("warns-once", "stderr-replaced"))
]
