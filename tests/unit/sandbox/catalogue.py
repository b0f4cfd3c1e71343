"""Attempts to leave the sandbox, to exhaust it, or to learn what it must not know, and how each ends."""

from __future__ import annotations

from dataclasses import dataclass

from core.sandbox import BadUse

TOO_LONG = "ran longer than 1 second"
TOO_MUCH = "of memory"
TOO_DEEP = "maximum recursion depth exceeded"
NO_MODULE = "No module named"
NO_NAME = "is not defined"
NO_ATTRIBUTE = "has no attribute"
NO_FILE = "Permission denied"
NOT_HERE = "is not supported in this environment"
NOT_READ = "can't be read"
DIGITS = "Exceeds the limit (4300 digits)"
TOO_MANY_STEPS = "PatternError in line 2: the pattern needs too many steps on this text."
TOO_LARGE = "PatternError in line 2: the pattern is too large."
PRINTED = "printed more than 20,000 characters"


@dataclass(frozen=True)
class Attempt:
    """A script, what must stand in its failure, and what else may (limits that race each other)."""

    name: str
    code: str
    ends: str
    or_ends: str = ""


def ask(question: object) -> bool:
    """The host function of every attempt; as the product's, it takes texts alone and answers shortly."""
    if not isinstance(question, str):
        raise BadUse("the question has to be a text")
    return True


def module(name: str) -> Attempt:
    return Attempt(f"import {name}", f"import {name}\n_result = True", NO_MODULE)


IMPORTS = [
    *map(
        module,
        [
            "subprocess",
            "socket",
            "ctypes",
            "threading",
            "multiprocessing",
            "urllib.request",
            "http.client",
            "importlib",
            "inspect",
            "gc",
            "io",
            "pickle",
            "marshal",
            "signal",
            "shutil",
            "tempfile",
            "sqlite3",
            "secrets",
            "uuid",
            "core.settings",
            "pydantic_monty",
        ],
    ),
    Attempt("__import__", "_result = __import__('os')", NO_NAME),
    Attempt("import in exec", "exec('import subprocess')", NO_MODULE),
]
WALKS = [
    Attempt("the class of a tuple", "_result = ().__class__.__bases__[0].__subclasses__()", NO_ATTRIBUTE),
    Attempt("the mro of a text", "_result = ''.__class__.__mro__", NO_ATTRIBUTE),
    Attempt("getattr with a dunder", "_result = getattr(1, '__class__')", NO_ATTRIBUTE),
    Attempt("globals of a function", "def f(): pass\n_result = f.__globals__", NO_ATTRIBUTE),
    Attempt("code of a function", "def f(): pass\n_result = f.__code__.co_consts", NO_ATTRIBUTE),
    Attempt("self of a built-in", "_result = print.__self__", NO_ATTRIBUTE),
    Attempt("globals()", "_result = str(globals())", NO_NAME),
    Attempt("vars()", "_result = str(vars())", NO_NAME),
    Attempt("__builtins__", "_result = str(__builtins__)", NO_NAME),
    Attempt("__loader__", "_result = str(__loader__)", NO_NAME),
    Attempt("compile", "compile('1', '', 'exec')", NO_NAME),
    Attempt(
        "frames of an exception",
        "try:\n    1 / 0\nexcept Exception as e:\n    _result = e.__traceback__.tb_frame",
        NO_ATTRIBUTE,
    ),
    Attempt("a dunder in a format field", "_result = '{0.__class__.__mro__}'.format(1)", NO_ATTRIBUTE),
    Attempt("the host function's insides", "_result = ask.__globals__", NO_ATTRIBUTE, NO_NAME),
]
FILES = [
    Attempt("open a file", "_result = open('/etc/passwd').read()", NO_FILE),
    Attempt("write a file", "open('/tmp/x', 'w').write('x')", NO_FILE),
    Attempt(
        "read by pathlib", "from pathlib import Path\n_result = Path('/etc/passwd').read_text()", NO_FILE
    ),
    Attempt("list a folder", "import os\n_result = str(os.listdir('/'))", NO_FILE),
    Attempt("its own process", "_result = open('/proc/self/environ').read()", NO_FILE),
    Attempt("remove a file", "import os\nos.remove('/tmp/x')", NO_FILE, NO_ATTRIBUTE),
]
SYSTEM = [
    Attempt("os.system", "import os\nos.system('id')", NO_ATTRIBUTE),
    Attempt("os.fork", "import os\nwhile True:\n    os.fork()", NO_ATTRIBUTE),
    Attempt("os.kill", "import os\nos.kill(1, 9)", NO_ATTRIBUTE),
    Attempt("os._exit", "import os\nos._exit(0)", NO_ATTRIBUTE),
    Attempt("os.environ", "import os\n_result = str(os.environ)", NOT_HERE),
    Attempt("os.getenv", "import os\n_result = os.getenv('LLM_API_KEY')", NOT_HERE),
    Attempt("os.urandom", "import os\n_result = str(os.urandom(8))", NOT_HERE),
    Attempt("exit", "exit()", NO_NAME),
    Attempt("SystemExit", "raise SystemExit('0')", "raised SystemExit in line 1"),
    Attempt("SystemExit with a number", "raise SystemExit(0)", "zero or one string argument"),
    Attempt("KeyboardInterrupt", "raise KeyboardInterrupt", "raised KeyboardInterrupt in line 1"),
    Attempt("input", "_result = input()", NO_NAME),
    Attempt("breakpoint", "breakpoint()", NO_NAME),
]
TIME = [
    Attempt("an endless loop", "while True:\n    pass", TOO_LONG),
    Attempt(
        "an endless loop that catches all",
        "while True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass",
        TOO_LONG,
    ),
    Attempt("a long sum", "_result = sum(range(10**12))", TOO_LONG),
    Attempt("a factorial", "import math\n_result = math.factorial(3 * 10**6) > 0", TOO_LONG, TOO_MUCH),
    Attempt(
        "a text that takes for ever to write",
        "class A:\n    def __repr__(self):\n        while True:\n            pass\n_result = A()",
        TOO_LONG,
    ),
    Attempt(
        "a sort whose key never ends",
        "def key(x):\n    while True:\n        pass\nsorted([1, 2], key=key)",
        TOO_LONG,
    ),
    Attempt("a deep power", "x = 7\nfor _ in range(60):\n    x = x * x", TOO_MUCH, TOO_LONG),
]
ONE_STEP = [
    Attempt(
        "a root of a huge number", "import math\n_result = math.isqrt(7**3000000) > 0", TOO_LONG, TOO_MUCH
    ),
    Attempt(
        "a divisor of huge numbers", "import math\n_result = math.gcd(7**2000000, 11**1500000)", TOO_LONG
    ),
    Attempt("any of no end", "import itertools\n_result = any(itertools.repeat(False))", TOO_LONG),
    Attempt(
        "combinations",
        "import itertools\n_result = sum(1 for _ in itertools.product(range(1000), repeat=5))",
        TOO_LONG,
    ),
    Attempt("a count of no end", "import itertools\n_result = len(list(itertools.count()))", TOO_MUCH),
    Attempt("a large sample", "import random\n_result = len(random.sample(range(10**9), 10**7))", TOO_MUCH),
]
MEMORY = [
    Attempt("a long list", "x = [0] * 10**9", TOO_MUCH),
    Attempt("a long text", "x = 'a' * 10**10", TOO_MUCH),
    Attempt("a list of all numbers", "x = list(range(10**10))", TOO_MUCH),
    Attempt("doubling a list", "x = [1]\nwhile True:\n    x = x + x", TOO_MUCH),
    Attempt(
        "doubling a text that is kept",
        "x = 'a'\nkept = []\nwhile True:\n    x += x\n    kept.append(x)",
        TOO_MUCH,
    ),
    Attempt("joining", "_result = len('a'.join(['b' * 1000] * 10**6))", TOO_MUCH),
    Attempt("a dict for ever", "x = {}\nwhile True:\n    x[len(x)] = 'a' * 1000", TOO_MUCH, TOO_LONG),
    Attempt(
        "nested copies",
        "x = [0] * 1000\nfor _ in range(20):\n    x = [list(x) for _ in range(1000)]",
        TOO_MUCH,
        TOO_LONG,
    ),
    Attempt("replacing", "x = 'a' * 10**6\nx = x.replace('a', 'b' * 1000)", TOO_MUCH),
    Attempt("bytes", "x = bytes(10**10)", TOO_MUCH),
]
DEPTH = [
    Attempt("a function in itself", "def f():\n    return f()\nf()", TOO_DEEP),
    Attempt(
        "two functions in each other", "def f():\n    return g()\ndef g():\n    return f()\nf()", TOO_DEEP
    ),
    Attempt("deep brackets", "_result = " + "(" * 50_000 + ")" * 50_000, NOT_READ),
    Attempt("deep brackets in eval", "_result = eval('(' * 50000 + ')' * 50000)", "too deeply nested"),
    Attempt("deep JSON", "import json\njson.loads('[' * 100000)", "recursion limit exceeded"),
    Attempt(
        "a list in itself, compared", "x = []\nx.append(x)\ny = []\ny.append(y)\n_result = x == y", TOO_DEEP
    ),
    Attempt(
        "a deep tuple, hashed", "x = ()\nfor _ in range(10**5):\n    x = (x,)\n_result = hash(x)", TOO_DEEP
    ),
    Attempt("a deep list, let go", "x = []\nfor _ in range(10**6):\n    x = [x]\nx = None", TOO_MUCH),
    Attempt("a long sum of ones", "_result = " + "+".join(["1"] * 100_000), NOT_READ),
    Attempt("half a million lines", "x = 1\n" * 500_000, TOO_MUCH),
    Attempt("many minus signs", "_result = " + "-" * 90_000 + "1", NOT_READ),
]
REGEX = [
    Attempt(
        "backtracking with a back reference",
        "import re\n_result = re.search(r'(?=(a+)+)\\1b', 'a' * 40 + 'c') is None",
        TOO_MANY_STEPS,
    ),
    Attempt(
        "nested quantifiers and a look-ahead",
        "import re\n_result = re.match(r'(?!b)(a+)+$', 'a' * 10**5 + 'b') is None",
        TOO_MANY_STEPS,
    ),
    Attempt(
        "two ways to read each letter",
        "import re\n_result = re.match(r'(?=a)(a|aa)+$', 'a' * 100 + 'b') is None",
        TOO_MANY_STEPS,
    ),
    Attempt(
        "backtracking, caught and tried again",
        "import re\nwhile True:\n    try:\n        re.match(r'(?!b)(a+)+$', 'a' * 50 + 'b')\n"
        "    except Exception:\n        pass",
        TOO_LONG,
    ),
    Attempt(
        "a search that starts anew at each letter of a long text",
        "import re\n_result = len(re.findall(r'(?=x)x*y', 'x' * 10**7))",
        TOO_LONG,
    ),
    Attempt(
        "a pattern of many repetitions",
        "import re\nre.compile('(((a{1,100}){1,100}){1,100}){1,100}')\n_result = True",
        TOO_LARGE,
    ),
    Attempt(
        "a pattern of many choices",
        "import re\nre.search('|'.join('a' * n for n in range(1, 2000)), 'b')\n_result = True",
        TOO_MUCH,
    ),
    Attempt(
        "a pattern of deep brackets",
        "import re\nre.compile('(' * 10**5 + ')' * 10**5)\n_result = True",
        "Pattern too deeply nested",
    ),
    Attempt("a text in ten million parts", "import re\n_result = len(re.split('', 'a' * 10**7))", TOO_MUCH),
    Attempt(
        "a replacement that grows",
        "import re\n_result = re.sub('a', 'a' * 1000, 'a' * 10**6)",
        TOO_LONG,
        TOO_MUCH,
    ),
]
OUTPUT = [
    Attempt("printing a lot at once", "print('x' * 10**7)", PRINTED),
    Attempt("printing for ever", "while True:\n    print('x' * 1000)", PRINTED),
    Attempt(
        "printing and catching",
        "while True:\n    try:\n        print('x' * 10**6)\n    except BaseException:\n        pass",
        PRINTED,
    ),
    Attempt("a result of a megabyte", "_result = 'x' * 10**6", "longer than 300 characters"),
    Attempt("a result of many parts", "_result = list(range(10**5))", "longer than 300 characters"),
]
NUMBERS = [
    Attempt("a huge power", "x = 10 ** 10 ** 9", TOO_MUCH),
    Attempt("a huge shift", "x = 1 << 10**12", TOO_MUCH, "OverflowError"),
    Attempt("the digits of a huge number", "x = str(2 ** 10**7)", DIGITS),
    Attempt("a number from a million digits", "x = int('9' * 10**6)", DIGITS),
    Attempt("a huge result", "_result = 10 ** 5000", DIGITS),
    Attempt("a result that is no number", "_result = float('inf')", "it must be True, False"),
]
LATE = "while True:\n    try:\n        ask(x)\n    except Exception:\n        pass"
HOST = [
    Attempt("a long list, handed over again and again", f"x = [0] * 5 * 10**5\n{LATE}", TOO_LONG),
    Attempt("a long dict, too", f"x = {{n: [n] for n in range(10**5)}}\n{LATE}", TOO_LONG),
    Attempt("a long text, too", f"x = 'a' * 10**7\n{LATE}", TOO_LONG, TOO_MUCH),
    Attempt("a short one without end", f"x = 1\n{LATE}", "host functions too often"),
    Attempt("a million arguments", "ask(*range(10**6))", "too many positional arguments", TOO_MUCH),
]
FORMATS = [
    Attempt("a wide field", "x = '{:>10000000000}'.format(1)", TOO_MUCH, TOO_LONG),
    Attempt("a wide f-string", "x = f'{1:>1000000000}'", TOO_MUCH, TOO_LONG),
    Attempt("a wide percent format", "x = '%1000000000d' % 1", TOO_MUCH),
    Attempt("a precise float", "x = '{:.2000000000f}'.format(1.5)", TOO_MUCH, "ValueError"),
    Attempt("ljust", "x = 'a'.ljust(10**10)", TOO_MUCH),
    Attempt("an item in a format field", "_result = '{0[x].__init__}'.format({'x': 1})", NO_ATTRIBUTE),
]
ESCAPES = [*IMPORTS, *WALKS, *FILES, *SYSTEM]
EXHAUSTIONS = [*TIME, *ONE_STEP, *MEMORY, *DEPTH, *REGEX, *OUTPUT, *NUMBERS, *HOST, *FORMATS]
"""On a busy machine, the limit of time may come before the one that an attempt is about."""
