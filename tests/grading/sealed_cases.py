"""Questions for sealed tests: the author's solution, the test, and what was handed in instead."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import grading


@dataclass(frozen=True)
class Case:
    name: str
    solution: str
    test: str
    answer: str | None = None
    given: str = ""
    error: str = ""


@dataclass(frozen=True)
class Grade:
    """Grades assignments made of cases: notebooks, each a list of them."""

    make: SimpleNamespace
    kernels: Path
    folders: pytest.TempPathFactory

    def __call__(
        self, notebooks: Sequence[list[Case]], *, rules: grading.Rules | None = None, **limits: int
    ) -> grading.Result:
        at = self.folders.mktemp("sealed")
        books = {f"book{number:02}": self._book(cases) for number, cases in enumerate(notebooks)}
        self.make.write(at / "source", **books)
        for book, cases in zip(books.values(), notebooks, strict=True):
            _hand_in(book, {f"{case.name}-answer": case.answer for case in cases})
        self.make.write(at / "submission", **books)
        return grading.autograde(
            at / "source", at / "submission", name="sealed", kernels=self.kernels,
            rules=rules or grading.Rules(tests_sealed=True), limits=grading.Limits(**limits),
        )  # fmt: skip

    def _book(self, cases: list[Case]) -> dict[str, Any]:
        cells = []
        for case in cases:
            if case.given:
                cells.append(self.make.cell(case.given, grade_id=f"{case.name}-given", locked=True))
            solution = f"### BEGIN SOLUTION\n{case.solution}\n### END SOLUTION"
            cells.append(self.make.solution(solution, f"{case.name}-answer"))
            cells.append(self.make.test(case.test, case.name, 1))
        book: dict[str, Any] = self.make.notebook(*cells)
        return book


def _hand_in(book: dict[str, Any], answers: dict[str, str | None]) -> None:
    """As a trainee: without the tests, which are restored anyway."""
    for cell in book["cells"]:
        marks = cell["metadata"]["nbgrader"]
        answer = answers.get(marks["grade_id"])
        if marks["grade"]:
            cell["source"] = "# a test"
        elif answer is not None:
            cell["source"] = answer


def errors(result: grading.Result) -> dict[str, str]:
    """The text of the last error of each cell."""
    return {
        cell["metadata"]["nbgrader"]["grade_id"]: f"{output['ename']}: {output['evalue']}"
        for content in result.executed.values()
        for cell in json.loads(content)["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "error"
    }


WORKING = [
    Case("plain", "def add1(a, b):\n    return a + b", "assert add1(1, 2) == 3 and type(add1(1, 2)) is int"),
    Case("keywords", "def kw(a, *rest, b=2, **more):\n    return a, rest, b, more",
         "assert kw(1, 5, b=3, c=4) == (1, (5,), 3, {'c': 4})"),
    Case("names", "limit = 7\nwords = ['a', 'b']", "assert limit == 7\nassert words == ['a', 'b']\nwords.append('c')\nassert words[-1] == 'c'"),
    Case("values", "def same(x):\n    return x",
         "import datetime, decimal, fractions, collections, math, pathlib, uuid\n"
         "for x in [None, True, 3, -2**80, 1.5, float('inf'), 2j, 'ü\\ud800', b'x', bytearray(b'y'), [1, [2]], (1, (2,)),\n"
         "          {'a': [1], 2: {3}}, {1, 2}, frozenset({1}), range(5), slice(1, 2), ..., int, ValueError,\n"
         "          datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc), datetime.date(2026, 1, 1),\n"
         "          datetime.timedelta(hours=3), decimal.Decimal('1.10'), fractions.Fraction(1, 3), pathlib.Path('/a/b'),\n"
         "          collections.Counter('aab'), collections.OrderedDict(a=1), collections.deque([1], 3), uuid.UUID(int=5)]:\n"
         "    y = same(x)\n    assert y == x and type(y) is type(x), (x, y)\n"
         "assert math.isnan(same(float('nan'))) and str(same(-0.0)) == '-0.0'\n"
         "assert same(collections.defaultdict(list, a=[1]))['b'] == []"),
    Case("arrays", "def same2(x):\n    return x",
         "import numpy as np, pandas as pd\n"
         "for x in [np.arange(6).reshape(2, 3), np.array(['a', 'bc']), np.array([1, None], dtype=object), np.eye(2, dtype='f4'),\n"
         "          np.array(['2026-01-01'], dtype='M8[D]'), np.zeros((0, 2))]:\n"
         "    y = same2(x)\n    assert type(y) is np.ndarray and y.dtype == x.dtype\n    np.testing.assert_array_equal(x, y)\n"
         "assert type(same2(np.float64(2.5))) is np.float64 and same2(np.bool_(True))\n"
         "frame = pd.DataFrame({'a': [1, 2], 'b': ['x', None], 'c': pd.Categorical(['u', 'v']),\n"
         "    'd': pd.to_datetime(['2026-01-01', None]), 'e': pd.array([1, None], dtype='Int64')}, index=pd.Index(['p', 'q'], name='i'))\n"
         "pd.testing.assert_frame_equal(same2(frame), frame)\n"
         "pd.testing.assert_series_equal(same2(frame['d']), frame['d'])\n"
         "many = pd.DataFrame({'a': [1, 1], 'b': [2, 3]}).groupby('a').agg({'b': ['sum', 'max']})\n"
         "pd.testing.assert_frame_equal(same2(many), many)\n"
         "assert same2(pd.NaT) is pd.NaT and same2(pd.Timestamp('2026-01-01')) == pd.Timestamp('2026-01-01')"),
    Case("identity", "def first(rows):\n    return rows[0]", "row = [1]\nassert first([row, row]) is row"),
    Case("in-place", "def tidy(rows, seen, table):\n    rows.sort()\n    rows.append([0])\n    seen.add('x')\n    table['k'].append(1)",
         "rows, seen, inner = [3, 1, 2], set(), []\ntable = {'k': inner}\nassert tidy(rows, seen, table) is None\n"
         "assert rows == [1, 2, 3, [0]] and seen == {'x'} and inner == [1] and table['k'] is inner"),
    Case("in-place-on-error", "def half(rows):\n    rows.append(1)\n    raise ValueError(rows)",
         "rows = []\ntry:\n    half(rows)\nexcept ValueError as error:\n    assert error.args == ([1],)\nassert rows == [1]"),
    Case("in-place-arrays", "def scale(values, frame):\n    values *= 2\n    frame['b'] = frame['a'] + 1\n    del frame['a']",
         "import numpy as np, pandas as pd\nv = np.ones(3)\nf = pd.DataFrame({'a': [1, 2]})\nscale(v, f)\n"
         "assert v.tolist() == [2, 2, 2]\nassert list(f.columns) == ['b'] and f['b'].tolist() == [2, 3]"),
    Case("not-in-place", "import numpy as np\ndef doubled(values):\n    return values * 2",
         "v = np.ones(3)\nassert doubled(v).sum() == 6 and v.sum() == 3"),
    Case("globals", "history, count = [], 0\ndef record(x):\n    global count\n    count += 1\n    history.append(x)",
         "kept = history\nrecord('a')\nrecord('b')\nassert history == ['a', 'b'] and kept is history and count == 2"),
    Case("new-global", "def begin():\n    global state\n    state = 'on'", "begin()\nassert state == 'on'"),
    Case("callback", "def map_twice(function, values):\n    return [function(function(value)) for value in values]",
         "assert map_twice(lambda x: x + 1, [1, 2]) == [3, 4]"),
    Case("callback-error", "def careful(function):\n    try:\n        return function(0)\n    except ZeroDivisionError:\n        return 'caught'",
         "assert careful(lambda x: 1 / x) == 'caught'\nclass Mine(Exception): pass\ndef fails(x):\n    raise Mine('m')\n"
         "try:\n    careful(fails)\nexcept Mine as error:\n    assert str(error) == 'm'\nelse:\n    raise AssertionError"),
    Case("callback-there-and-back", "def fib(n, recurse):\n    return n if n < 2 else recurse(n - 1) + recurse(n - 2)",
         "assert fib(5, lambda n: fib(n, lambda m: [0, 1, 1, 2][m])) == 5"),
    Case("library-functions", "def apply_all(value, *functions):\n    for function in functions:\n        value = function(value)\n    return value",
         "import math, operator\nassert apply_all(' 16 ', str.strip, int, math.sqrt, operator.neg) == -4.0"),
    Case("closures", "def counter():\n    n = 0\n    def step():\n        nonlocal n\n        n += 1\n        return n\n    return step",
         "a, b = counter(), counter()\nassert [a(), a(), b()] == [1, 2, 1] and callable(a)"),
    Case("decorator", "def twice(function):\n    def both(*args):\n        return function(*args), function(*args)\n    return both",
         "@twice\ndef greet(name):\n    return name.upper()\nassert greet('a') == ('A', 'A')"),
    Case("exceptions", "def fail(kind):\n    raise kind('no ' + kind.__name__)",
         "for kind in (ValueError, KeyError, TypeError, ZeroDivisionError, StopIteration, OSError):\n"
         "    try:\n        fail(kind)\n    except kind as error:\n        assert type(error) is kind and error.args[0].startswith('no')\n"
         "    else:\n        raise AssertionError\n"
         "try:\n    fail(UnicodeError)\nexcept ValueError:\n    pass"),
    Case("file-not-found", "def read(path):\n    return open(path).read()",
         "try:\n    read('nowhere.txt')\nexcept FileNotFoundError as error:\n    assert error.filename == 'nowhere.txt' and error.errno == 2"),
    Case("own-exception", "class Missing(LookupError):\n    def __init__(self, what):\n        super().__init__('no ' + what)\n        self.what = what\n"
         "class VeryMissing(Missing): pass\ndef look(what):\n    raise VeryMissing(what)",
         "try:\n    look('x')\nexcept Missing as error:\n    assert error.what == 'x' and str(error) == 'no x' and isinstance(error, LookupError)\n"
         "else:\n    raise AssertionError\nassert issubclass(VeryMissing, Missing) and issubclass(Missing, LookupError)"),
    Case("library-exception", "import numpy as np\ndef invert(m):\n    return np.linalg.inv(m)",
         "try:\n    invert(np.zeros((2, 2)))\nexcept np.linalg.LinAlgError:\n    pass\nelse:\n    raise AssertionError"),
    Case("class", "class Account:\n    '''One account.'''\n    rate = 2\n    def __init__(self, owner, balance=0):\n        self.owner, self.balance = owner, balance\n"
         "    def deposit(self, amount):\n        if amount <= 0:\n            raise ValueError(amount)\n        self.balance += amount\n"
         "    def send(self, amount, *, to):\n        self.balance -= amount\n        to.deposit(amount)\n"
         "    @property\n    def double(self):\n        return 2 * self.balance\n    def __repr__(self):\n        return f'Account({self.owner!r})'\n"
         "    @classmethod\n    def empty(cls):\n        return cls('nobody')",
         "a, b = Account('Ada', 10), Account('Bo')\na.deposit(5)\na.send(3, to=b)\nassert (a.balance, b.balance, a.double) == (12, 3, 24)\n"
         "assert isinstance(a, Account) and type(a) is Account and not isinstance(3, Account)\nassert repr(a) == \"Account('Ada')\" == str(a)\n"
         "assert Account.__name__ == 'Account' and Account.__doc__ == 'One account.' and Account.rate == 2\n"
         "a.balance = 100\nassert a.double == 200 and hasattr(a, 'owner') and not hasattr(a, 'nothing')\n"
         "assert Account.empty().owner == 'nobody' and vars(a) == {'owner': 'Ada', 'balance': 100}\n"
         "try:\n    a.deposit(-1)\nexcept ValueError as error:\n    assert error.args == (-1,)\nelse:\n    raise AssertionError\n"
         "import copy\nc = copy.deepcopy(a)\nc.balance = 1\nassert a.balance == 100 and a != c and a == a and len({a, c, a}) == 2"),
    Case("operators", "class Vector:\n    def __init__(self, *xs):\n        self.xs = xs\n    def __add__(self, other):\n        return Vector(*map(sum, zip(self.xs, other.xs)))\n"
         "    def __mul__(self, k):\n        return Vector(*(k * x for x in self.xs))\n    __rmul__ = __mul__\n    def __eq__(self, other):\n        return self.xs == getattr(other, 'xs', other)\n"
         "    def __lt__(self, other):\n        return self.xs < other.xs\n    def __len__(self):\n        return len(self.xs)\n    def __getitem__(self, at):\n        return self.xs[at]\n"
         "    def __iter__(self):\n        return iter(self.xs)\n    def __contains__(self, x):\n        return x in self.xs\n    def __bool__(self):\n        return any(self.xs)\n    def __call__(self, x):\n        return x\n    def __neg__(self):\n        return self * -1",
         "v = Vector(1, 2) + Vector(3, 4)\nassert v == Vector(4, 6) == (4, 6) and v != Vector(1, 1) and 2 * v == Vector(8, 12)\n"
         "assert len(v) == 2 and v[0] == 4 and v[-1:] == (6,) and list(v) == [4, 6] and 6 in v and 7 not in v\n"
         "assert v and not Vector(0) and v(3) == 3 and -v == (-4, -6) and max(v) == 6 and Vector(1) < Vector(2)\n"
         "assert [w.xs for w in sorted([Vector(2), Vector(1)])] == [(1,), (2,)]\n"
         "try:\n    hash(v)\nexcept TypeError:\n    pass\nelse:\n    raise AssertionError"),
    Case("context", "class Opened:\n    log = []\n    def __enter__(self):\n        self.log.append('in')\n        return self\n    def __exit__(self, kind, error, trace):\n        self.log.append(kind.__name__ if kind else 'out')\n        return kind is ValueError",
         "with Opened() as opened:\n    pass\nwith Opened():\n    raise ValueError('x')\nassert opened.log == ['in', 'out', 'in', 'ValueError']"),
    Case("inheritance", "from abc import ABC, abstractmethod\nclass Shape(ABC):\n    @abstractmethod\n    def area(self): ...\nclass Square(Shape):\n    def __init__(self, a):\n        self.a = a\n    def area(self):\n        return self.a ** 2",
         "assert issubclass(Square, Shape) and isinstance(Square(2), Shape) and Square(3).area() == 9\n"
         "try:\n    Shape()\nexcept TypeError:\n    pass\nelse:\n    raise AssertionError"),
    Case("dataclass", "from dataclasses import dataclass\n@dataclass(order=True, frozen=True)\nclass Card:\n    rank: int\n    suit: str = 'H'",
         "assert Card(3) == Card(3, 'H') and Card(2) < Card(3) and repr(Card(1)) == \"Card(rank=1, suit='H')\" and len({Card(1), Card(1)}) == 1\n"
         "try:\n    Card(1).rank = 2\nexcept AttributeError:\n    pass\nelse:\n    raise AssertionError"),
    Case("enum", "from enum import Enum\nclass Color(Enum):\n    RED = 1\n    BLUE = 2",
         "assert Color.RED.value == 1 and Color(2) is Color.BLUE and [c.name for c in Color] == ['RED', 'BLUE'] and Color['RED'] == Color.RED and len(Color) == 2"),
    Case("named-tuple", "from collections import namedtuple\nPoint = namedtuple('Point', 'x y')\ndef origin():\n    return Point(0, 0)",
         "assert origin() == (0, 0) and origin().x == 0 and isinstance(origin(), tuple) and type(origin()) is Point and Point(1, 2)._replace(x=3) == (3, 2)"),
    Case("generators", "def count(n):\n    i = 0\n    while i < n:\n        yield i\n        i += 1\ndef forever():\n    while True:\n        yield 1",
         "import itertools, types, inspect\nassert list(count(3)) == [0, 1, 2] and sum(count(4)) == 6\nassert isinstance(count(1), types.GeneratorType) and inspect.isgenerator(count(1))\n"
         "assert list(itertools.islice(forever(), 5)) == [1] * 5\ng = count(2)\nassert iter(g) is g and next(g) == 0 and 1 in g and next(g, 'end') == 'end'"),
    Case("generator-argument", "def total(values):\n    return sum(values)", "assert total(x * x for x in range(4)) == 14 and total(map(int, '123')) == 6 and total(iter([1])) == 1"),
    Case("file-argument", "def lines(file):\n    return [line.strip() for line in file]", "import io\nassert lines(io.StringIO('a\\nb\\n')) == ['a', 'b']"),
    Case("read-csv", "import pandas as pd\ndef load(where):\n    return pd.read_csv(where)", "import io\nassert load(io.StringIO('a,b\\n1,2\\n')).loc[0, 'b'] == 2"),
    Case("test-object", "def link(node, other):\n    node.next = other\n    return node.value + other.value\ndef walk(node):\n    n = 0\n    while node:\n        n, node = n + 1, node.next\n    return n",
         "class Node:\n    def __init__(self, value):\n        self.value, self.next = value, None\na, b = Node(1), Node(2)\nassert link(a, b) == 3 and a.next is b and walk(a) == 2"),
    Case("mock", "def notify(send, who):\n    for name in who:\n        send(name, urgent=True)",
         "from unittest.mock import Mock, call\nsend = Mock(return_value=None)\nnotify(send, ['a', 'b'])\nassert send.mock_calls == [call('a', urgent=True), call('b', urgent=True)]"),
    Case("printing", "import sys\ndef shout(x):\n    print(x.upper())\n    print('!', end='')",
         "import io, contextlib\nout = io.StringIO()\nwith contextlib.redirect_stdout(out):\n    shout('hi')\nassert out.getvalue() == 'HI\\n!', out.getvalue()"),
    Case("printing-back-and-forth", "def chat(answer):\n    print('one')\n    answer()\n    print('three')",
         "import io, contextlib\nout = io.StringIO()\nwith contextlib.redirect_stdout(out):\n    chat(lambda: print('two'))\nassert out.getvalue().split() == ['one', 'two', 'three']"),
    Case("complaining", "import sys\ndef complain():\n    print('careful', file=sys.stderr)",
         "import io, contextlib\nout = io.StringIO()\nwith contextlib.redirect_stderr(out):\n    complain()\nassert out.getvalue() == 'careful\\n'"),
    Case("input", "def ask():\n    return int(input('n? ')) * 2",
         "from unittest.mock import patch\nwith patch('builtins.input', lambda prompt='': '21'):\n    assert ask() == 42"),
    Case("files", "def copy_upper(source, target):\n    with open(source) as a, open(target, 'w') as b:\n        b.write(a.read().upper())",
         "import tempfile, os\nfrom pathlib import Path\nwith tempfile.TemporaryDirectory() as folder:\n    source, target = Path(folder, 'a.txt'), os.path.join(folder, 'b.txt')\n"
         "    for text in ('one', 'two', 'six'):\n        source.write_text(text)\n        copy_upper(source, target)\n        assert Path(target).read_text() == text.upper()\n"
         "    os.remove(source)\n    try:\n        copy_upper(source, target)\n    except FileNotFoundError:\n        pass\n    else:\n        raise AssertionError"),
    Case("written-file", "with open('made.txt', 'w') as file:\n    file.write('made')", "assert open('made.txt').read() == 'made'"),
    Case("seeds", "import random\nimport numpy as np\ndef rolls():\n    return [random.random() for _ in range(3)], np.random.rand(2)",
         "import random\nimport numpy as np\nrandom.seed(7)\nnp.random.seed(7)\na = rolls()\nrandom.seed(7)\nnp.random.seed(7)\nb = [random.random() for _ in range(3)], np.random.rand(2)\nassert a[0] == b[0] and (a[1] == b[1]).all()"),
    Case("signature", "def area(width: float, height: float = 2.0, *, unit='m'):\n    '''Area.'''\n    return width * height",
         "import inspect\nassert str(inspect.signature(area)) == \"(width, height=2.0, *, unit='m')\"\nassert area.__name__ == 'area' and area.__doc__ == 'Area.' and area.__defaults__ == (2.0,)\n"
         "assert 'width * height' in inspect.getsource(area) and inspect.isfunction(area)"),
    Case("coroutine", "import asyncio\nasync def later(x):\n    await asyncio.sleep(0)\n    return x + 1", "assert await later(1) == 2"),
    Case("threads", "def slow(x):\n    return x + 1", "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as pool:\n    assert list(pool.map(slow, range(8))) == list(range(1, 9))"),
    Case("recursion", "def deep(n):\n    return deep(n + 1)", "try:\n    deep(0)\nexcept RecursionError:\n    pass\nelse:\n    raise AssertionError"),
    Case("pickle-free", "class Odd:\n    def __reduce__(self):\n        return print, ('never',)\ndef odd():\n    return [Odd()]", "assert type(odd()[0]).__name__ == 'Odd'"),
    Case("data-of-author", "numbers.sort()\nnumbers = numbers + [9]", "assert numbers == [1, 2, 3, 9]", given="numbers = [3, 1, 2]"),
    Case("tool-of-author", "def cube(x):\n    return x ** 3", "check(cube, 2, 8)", given="def check(function, x, y):\n    assert function(x) == y"),
    Case("tool-of-author-by-name", "def cube2(x):\n    return x ** 3", "check2(2, 8)", given="def check2(x, y):\n    assert cube2(x) == y"),
    Case("imported-by-trainees", "import numpy as np\nfrom math import hypot\ndef corner():\n    return np.array([3.0, 4.0])", "assert np.allclose(corner(), [3, 4]) and hypot(*corner()) == 5"),
    Case("signature-of-callback", "import inspect\ndef arity(f):\n    return len(inspect.signature(f).parameters), f.__name__", "assert arity(lambda a, b=2: 0) == (2, '<lambda>')"),
    Case("own-sum", "def sum(values):\n    return 'mine'", "assert sum([1]) == 'mine'"),
    Case("large-name", "big = list(range(2_000_000))\ndef size(x):\n    return len(x)", "assert len(big) == 2_000_000 and big[5] == 5 and size(big) == 2_000_000"),
    Case("views", "scores = {'a': 1}\ndef keys():\n    return scores.keys(), scores.values(), scores.items()", "k, v, i = keys()\nassert sorted(k) == ['a'] and list(v) == [1] and list(i) == [('a', 1)] and k == {'a'}"),
    Case("plot", "import matplotlib.pyplot as plt\ndef draw():\n    figure, axes = plt.subplots()\n    axes.plot([1, 2, 3])\n    axes.set_title('T')\n    return axes", "axes = draw()\nassert axes.get_title() == 'T' and list(axes.lines[0].get_ydata()) == [1, 2, 3]"),
    Case("partial-credit", "def ok(x):\n    return x", "points = 0\npoints += ok(1) == 1\npoints"),
]  # fmt: skip

WRONG = [
    Case("huge", "def make():\n    return 1", "assert make() == 1", answer="def make():\n    return [0] * 10_000_000", error="cannot pass on more than"),
    Case("huge-text", "def make2():\n    return 1", "assert make2() == 1", answer="def make2():\n    return 'x' * 100_000_000", error="cannot pass on more than"),
    Case("deep", "def make3():\n    return 1", "assert make3() == 1", answer="def make3():\n    x = []\n    for _ in range(10_000):\n        x = [x]\n    return x", error="nested more than"),
    Case("derive", "class Base: pass", "class Sub(Base): pass", error="cannot derive a class from Base"),
    Case("pickling", "class Thing: pass", "import pickle\npickle.dumps(Thing())", error="cannot pickle a Thing"),
    Case("pass-an-unknown", "def take(x):\n    return x", "import threading\ntake(threading.Lock())", error="cannot pass a _thread.lock"),
    Case("compare-large", "big2 = list(range(2_000_000))", "assert big2 == list(range(2_000_000))", error="take values out of it"),
    Case("order-unknown", "def five():\n    return 5", "assert five() > 4", answer="class Five:\n    def __gt__(self, other):\n        return True\ndef five():\n    return Five()", error="cannot let a Five"),
    Case("stack", "def endless(f):\n    return 1", "def again():\n    return endless(again)\nassert again() == 1", answer="def endless(f):\n    return f()", error="levels deep"),
    Case("missing", "def there():\n    return 1", "assert there() == 1", answer="pass", error="NameError"),
    Case("stderr", "import sys\ndef warned():\n    return 1", "assert warned() == 2", error="AssertionError"),
]  # fmt: skip

TRUE = "class True_:\n    " + "\n    ".join(
    f"def __{name}__(self, *_): return {value}"
    for name, value in [("eq", "True"), ("ne", "False"), ("lt", "True"), ("gt", "True"), ("le", "True"), ("ge", "True"), ("contains", "True"),
                        ("sub", "0"), ("rsub", "0"), ("add", "self"), ("abs", "0"), ("bool", "True"), ("float", "0.0"), ("hash", "3")]
) + "\n    def __getattr__(self, name): return lambda *a, **k: True\n    __iter__ = None\n    __array__ = None\n"  # fmt: skip


def _honest(number: int) -> tuple[str, str]:
    return f"def three{number}():\n    return 3", f"assert three{number}() == 3"


def _cheat(name: str, number: int, before: str, after: str = "return 4") -> Case:
    solution, test = _honest(number)
    return Case(name, solution, test, answer=f"def three{number}():\n    {after}\n{before}")


CHEATS = [
    _cheat("always-equal", 1, TRUE, "return True_()"),
    Case("always-close", "def three2():\n    return 3.0", "assert abs(three2() - 3) < 1e-9", answer=TRUE + "def three2():\n    return True_()"),
    Case("always-allclose", "import numpy as np\ndef three3():\n    return np.array([3.0])", "import numpy as np\nassert np.allclose(three3(), [3.0])",
         answer=TRUE + "    __array_ufunc__ = __array_function__ = lambda *a, **k: True\ndef three3():\n    return True_()"),
    Case("always-array-equal", "import numpy as np\ndef three4():\n    return np.array([3.0])", "import numpy as np\nassert (np.array([3.0]) == three4()).all()", answer=TRUE + "def three4():\n    return True_()"),
    Case("always-frame-equal", "import pandas as pd\ndef frame5():\n    return pd.DataFrame({'a': [1]})", "import pandas as pd\nassert frame5().equals(pd.DataFrame({'a': [1]}))", answer=TRUE + "def frame5():\n    return True_()"),
    Case("always-in", "def evens6():\n    return [2, 4]", "assert 2 in evens6() and 4 in evens6()", answer=TRUE + "def evens6():\n    return True_()"),
    Case("always-in-list", "def three7():\n    return 3", "assert three7() in [3] and three7() in {3}", answer=TRUE + "def three7():\n    return True_()"),
    Case("list-of-always", "def row8():\n    return [1, 2]", "assert row8() == [1, 2]", answer=TRUE + "def row8():\n    return [True_(), True_()]"),
    Case("class-for-function", "def three9(x):\n    return 3", "assert three9(1) == 3", answer=TRUE.replace("True_", "three9") + "    def __init__(self, *_): pass"),
    Case("int-of-always", "def three10():\n    return 3", "assert three10() == 3", answer="class I(int):\n    def __eq__(self, o): return True\ndef three10():\n    return I(4)"),
    Case("pretends-a-class", "def three11():\n    return 3", "assert isinstance(three11(), int) and three11() == 3", answer=TRUE + "    __class__ = int\ndef three11():\n    return True_()"),
    Case("array-of-always", "import numpy as np\ndef three12():\n    return np.array([3])", "import numpy as np\nassert np.array_equal(three12(), [3])", answer="import numpy as np\n" + TRUE + "def three12():\n    a = np.empty(1, dtype=object)\n    a[0] = True_()\n    return a"),
    Case("subclass-of-array", "import numpy as np\ndef three13():\n    return np.array([3])", "import numpy as np\nassert (three13() == np.array([3])).all()", answer="import numpy as np\nclass A(np.ndarray):\n    def __eq__(self, o): return np.array([True])\ndef three13():\n    return np.array([4]).view(A)"),
    Case("shows-what-is-wanted", "def three14():\n    return 3", "points14 = float(three14() == 3)\npoints14", answer="class S:\n    def __eq__(self, o): return S()\n    def __float__(self): return 1.0\n    def __repr__(self): return '1.0'\ndef three14():\n    return S()"),
    _cheat("no-asserts", 20, "import ast\nfrom IPython import get_ipython\nclass Strip(ast.NodeTransformer):\n    def visit_Assert(self, node):\n        return ast.Pass()\nget_ipython().ast_transformers.append(Strip())"),
    _cheat("no-asserts-in-source", 21, "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])"),
    _cheat("no-errors", 22, "import builtins\nbuiltins.AssertionError = type('E', (BaseException,), {'__new__': lambda *a: None})"),
    _cheat("no-traceback", 23, "get_ipython().showtraceback = lambda *a, **k: None\nget_ipython().run_cell = get_ipython().run_code = lambda *a, **k: None"),
    _cheat("traced", 24, "import sys, threading\ndef trace(frame, event, arg):\n    frame.f_trace_lines = False\nsys.settrace(trace)\nthreading.settrace(trace)", "sys.settrace(trace)\n    sys.setprofile(trace)\n    return 4"),
    _cheat("displayhook", 25, "import sys\nsys.displayhook = lambda x: print(1)\nsys.excepthook = print"),
    _cheat("optimised", 26, "import builtins\nkept = compile\nbuiltins.compile = lambda *a, **k: kept(*a, **{**k, 'optimize': 2})\nbuiltins.exec = lambda *a: None"),
    Case("patched-numpy", "import numpy as np\ndef three27():\n    return np.array([3.0])", "import numpy as np\nnp.testing.assert_allclose(three27(), [3.0])", answer="import numpy as np\nimport numpy.testing\nnp.testing.assert_allclose = lambda *a, **k: None\nnp.allclose = np.array_equal = lambda *a, **k: True\ndef three27():\n    return np.array([4.0])"),
    Case("patched-builtins", "def row28():\n    return [1, 2]", "assert sorted(row28()) == [1, 2] and len(row28()) == 2 and all(x > 0 for x in row28())", answer="import builtins\nbuiltins.sorted = lambda x: [1, 2]\nbuiltins.len = lambda x: 2\nbuiltins.all = lambda x: True\nbuiltins.isinstance = lambda *a: True\ndef row28():\n    return [-7]"),
    Case("patched-unittest", "def three29():\n    return 3", "import unittest\nunittest.TestCase().assertEqual(three29(), 3)", answer="import unittest\nunittest.TestCase.assertEqual = lambda *a: None\ndef three29():\n    return 4"),
    Case("replaced-tool", "def three30():\n    return 3", "check30(three30)", given="def check30(function):\n    assert function() == 3", answer="check30 = lambda function: None\ndef three30():\n    return 4"),
    Case("replaced-import", "import numpy as np\ndef three36():\n    return np.array([3.0])", "assert np.allclose(three36(), [3.0])", answer="class np:\n    allclose = array = staticmethod(lambda *a: True)\ndef three36():\n    return 4"),
    Case("replaced-data", "def three31():\n    return 3", "assert three31() == expected31", given="expected31 = 3", answer="expected31 = 4\ndef three31():\n    return 4"),
    Case("replaced-file", "def three32():\n    return 3", "from random import Random\nassert three32() == 3", answer="open('random.py', 'w').write('class Random: pass')\nimport os\nos.makedirs('numpy', exist_ok=True)\nopen('sitecustomize.py', 'w').write('1/0')\ndef three32():\n    return 4"),
    Case("swallows-assertions", "def manager33():\n    from contextlib import nullcontext\n    return nullcontext(3)", "with manager33() as x33:\n    assert x33 == 3",
         answer="class M:\n    def __enter__(self): return 4\n    def __exit__(self, *_): return True\ndef manager33():\n    return M()"),
    Case("swallows-in-callback", "def call34(f):\n    return f(3)", "def check34(x):\n    assert x == 3\ncall34(check34)",
         answer="def call34(f):\n    try:\n        f(4)\n    except BaseException:\n        pass"),
    Case("answers-for-numpy", "import numpy as np\ndef three35():\n    return np.array([3.0])", "import numpy as np\nassert np.allclose(three35(), [3.0]) and np.sum(three35()) == 3",
         answer="class A:\n    def __array_function__(self, *a): return True\n    def __array_ufunc__(self, *a, **k): return True\n    __array_priority__ = 1000\n    __array_interface__ = {}\ndef three35():\n    return A()"),
    _cheat("exits", 40, "import sys", "sys.exit(0)"),
    _cheat("interrupts", 41, "", "raise KeyboardInterrupt"),
    _cheat("raises-odd", 42, "class E(BaseException):\n    pass", "raise E"),
    _cheat("nan", 43, "", "return float('nan')"),
    _cheat("gives-itself", 44, "", "return three44"),
    _cheat("changes-the-test", 45, "", "import gc\n    for d in gc.get_objects():\n        if isinstance(d, dict) and 'three45' in d and '__name__' in d: d['three45'] = lambda: 3\n    return 4"),
    Case("reads-the-callback", "def call46(f):\n    return f(2)", "secret46 = 9\nassert call46(lambda x: x + secret46) == 11", answer="def call46(f):\n    return f.__globals__['secret46'] + 2"),
    Case("reads-the-frame", "def call47(f):\n    return sum(f)", "secret47 = 9\nassert call47(x for x in [secret47, 2]) == 11", answer="def call47(f):\n    return f.gi_frame.f_globals['secret47'] + 2"),
    Case("evaluates-there", "def call48(f):\n    return f(2)", "secret48 = 9\nassert call48(print) is None and call48(str) == '2'\nassert secret48 == 9", answer="def call48(f):\n    return f.__self__.eval('secret48') and None"),
    Case("sets-in-the-test", "def call49(f):\n    return f(2)", "class Tool49:\n    @staticmethod\n    def right(x):\n        return x == 2\n    def __call__(self, x):\n        return x\nassert Tool49.right(call49(Tool49()))", answer="def call49(f):\n    try:\n        f.__class__.right = staticmethod(lambda x: True)\n        type(f).right = lambda x: True\n    except Exception: pass\n    return 4"),
    Case("reads-the-error", "def call50(f):\n    return f(2)", "secret50 = 9\ndef f50(x):\n    if x != 2:\n        raise ValueError\n    return x + secret50\nassert call50(f50) == 11", answer="def call50(f):\n    try:\n        f(3)\n    except ValueError as error:\n        frame = error.__traceback__\n        while frame:\n            if 'secret50' in frame.tb_frame.f_globals: return frame.tb_frame.f_globals['secret50'] + 2\n            frame = frame.tb_next\n    return 4"),
]  # fmt: skip
