"""Written by py-build-cmake: what the interpreter of a cross build says about the host.

The interpreter is the Python that runs the build. What programs ask it to find out how to *compile*
is answered for the system that the wheel is for, in every process: :mod:`sysconfig`, ``distutils``,
``numpy.get_include()``. What a program asks about its own process stays true: which system it runs
on, how large its pointers are.

There is one exception. When CMake configures and runs one line of code (``python -c``), that line
is the question of a CMakeLists.txt. It gets the answers of the host, and nobody else does: modules
that it imports still see their own process. A script that CMake runs while it configures may be a
question or a generator, so it gets the truth, and its question is written down for a warning.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace

TYPE_CHECKING = False  # importing typing would take longer than all the rest
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Callable

    Judge = Callable[[str, Any, Any], Any]
    Answers = Mapping[str, Mapping[str, Callable[..., Any]]]

FACTS: dict[str, Any] = {}  # replaced in the copy that a build directory gets
# Set by CMake while it configures. Only the processes that CMake itself starts see it.
CONFIGURES = "PY_BUILD_CMAKE_CONFIGURES"
_HERE = os.path.dirname(os.path.abspath(__file__))


def speak_for_the_host() -> None:
    """Let this process speak for the host."""
    sys.executable = FACTS["executable"]
    sys.meta_path.insert(0, _Finder())
    if not os.environ.pop(CONFIGURES, ""):
        return
    import builtins

    is_question = sys.argv[:1] == ["-c"]
    views = _Views(_answer if is_question else _note, is_question=is_question)
    # The code of the main module looks up built-in functions here, other modules do not.
    main = ModuleType("builtins")
    vars(main).update(vars(builtins))
    vars(main)["__import__"] = views.import_
    vars(sys.modules["__main__"])["__builtins__"] = main


# --- What is answered in every process: how to compile for the host ---


class _Loader:
    """Loads a module with its own loader, then changes it."""

    def __init__(self, loader: Any, change: Callable[[Any], None]) -> None:
        self._loader, self._change = loader, change

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._change(module)


class _Finder:
    """Finds the modules that are changed, with the other finders."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        spec: Any
        change = _CHANGES.get(name)
        if change is None and name.startswith("_sysconfigdata"):
            change = _use_compilers
        if change is None:
            return None
        for finder in sys.meta_path:
            if not isinstance(finder, _Finder) and hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    if hasattr(spec.loader, "exec_module"):
                        spec.loader = _Loader(spec.loader, change)
                    return spec
        return None


def _change_distutils(module: Any) -> None:
    original = module.get_python_inc

    def get_python_inc(plat_specific: Any = 0, prefix: Any = None, **more: Any) -> Any:
        if prefix is None:
            return FACTS["include_dir"]
        return original(plat_specific, prefix, **more)

    module.get_python_inc = get_python_inc


def _change_numpy(module: Any) -> None:
    if FACTS["native_numpy"] or not hasattr(module, "get_include"):
        return

    def get_include() -> str:
        if not FACTS["numpy_include"]:
            raise RuntimeError(f"py-build-cmake: numpy.get_include(): {FACTS['numpy_problem']}")
        return str(FACTS["numpy_include"])

    module.get_include = get_include


_CHANGES: dict[str, Callable[[Any], None]] = {
    "distutils.sysconfig": _change_distutils,
    "setuptools._distutils.sysconfig": _change_distutils,
    **dict.fromkeys(("numpy", "numpy.lib.utils", "numpy.lib._utils_impl"), _change_numpy),
}


def _use_compilers(module: Any) -> None:
    """Replace the compilers among sysconfig's variables by those that CMake has found."""
    try:
        with open(os.path.join(_HERE, "compilers.txt"), encoding="utf-8") as file:
            found = dict(line.rstrip("\n").split("=", 1) for line in file)
    except OSError:
        return
    variables = module.build_time_vars
    for name, linker in (("CC", "LDSHARED"), ("CXX", "LDCXXSHARED")):
        if found.get(name):
            # The environment may name the compiler alone; so the others have the flags as well.
            flags = found.get(f"{name}_FLAGS", "")
            variables[name] = found[name] + flags
            variables[linker] = f"{found[name]}{flags} -shared{flags}"
    variables["CFLAGS"] += found.get("CC_FLAGS", "")
    if found.get("AR"):
        variables["AR"] = found["AR"]


# --- What is answered in a line that CMake asks: the process would be on the host ---


def _release() -> str:
    return ".".join(map(str, FACTS["version_info"][:3]))


def _version_info(truth: Any) -> Any:
    return type("version_info", (_Version,), {})(FACTS["version_info"])


class _Version(tuple):  # type: ignore[type-arg]
    """What looks like `sys.version_info`."""

    major = property(lambda self: self[0])
    minor = property(lambda self: self[1])
    micro = property(lambda self: self[2])
    releaselevel = property(lambda self: self[3])
    serial = property(lambda self: self[4])


def _hexversion(truth: int) -> int:
    major, minor, micro, level, serial = FACTS["version_info"]
    levels = {"alpha": 0xA, "beta": 0xB, "candidate": 0xC, "final": 0xF}
    return int(major << 24 | minor << 16 | micro << 8 | levels[level] << 4 | serial)


def _implementation(truth: Any) -> Any:
    changed = SimpleNamespace(**vars(truth))
    changed.name, changed.cache_tag = FACTS["implementation"], FACTS["cache_tag"]
    changed.version, changed.hexversion = _version_info(None), _hexversion(0)
    changed._multiarch = FACTS["multiarch"]
    return changed


def _size(truth: int, code: Any) -> int:
    text = code.decode() if isinstance(code, bytes) else str(code)
    return int(FACTS["sizes"].get(text.lstrip("@"), truth))


def _size_of_type(truth: int, kind: Any) -> int:
    code = getattr(kind, "_type_", None)
    return _size(truth, code) if isinstance(code, str) else truth


def _os_uname(truth: Any) -> Any:
    fields = list(truth)
    fields[0], fields[4] = FACTS["system"], FACTS["machine"] or truth[4]
    return type(truth)(fields)


def _uname(truth: Any) -> Any:
    machine = FACTS["machine"] or truth[4]
    changed = type(truth)(FACTS["system"], *truth[1:4], machine)
    vars(changed)["processor"] = machine
    return changed


def _platform(truth: str, *options: Any, **more: Any) -> str:
    import platform

    changed = truth.replace(platform.machine(), FACTS["machine"] or platform.machine())
    return changed.replace(platform.system(), FACTS["system"])


def _tags(truth: Any, **options: Any) -> Iterator[Any]:
    from packaging import tags

    python, abi, platforms = FACTS["python_tag"], FACTS["abi"], FACTS["platform_tags"]
    version = FACTS["version_info"][:2]
    if FACTS["implementation"] == "cpython":
        yield from tags.cpython_tags(version, [abi], platforms)
    else:
        yield from tags.generic_tags(python, [abi], platforms)
    yield from tags.compatible_tags(version, python, platforms)


# By module: values, and functions whose result is changed. Each is given the truth, and the
# arguments of a function. What scripts test to find out what they themselves run on, such as the
# version of Python, is in the second table: it is answered in questions, and nothing is noted.
_VALUES: Answers = {
    "sys": {
        "platform": lambda truth: FACTS["sys_platform"],
        "maxsize": lambda truth: 2 ** (8 * FACTS["sizes"]["P"] - 1) - 1,
        "byteorder": lambda truth: FACTS["byteorder"],
    },
    "importlib.machinery": {"EXTENSION_SUFFIXES": lambda truth: list(FACTS["suffixes"])},
}
_VALUES_OF_PYTHON: Answers = {
    "sys": {
        "version_info": _version_info,
        "version": lambda truth: " ".join([_release(), *truth.split(" ")[1:]]),
        "hexversion": _hexversion,
        "implementation": _implementation,
        "abiflags": lambda truth: FACTS["abi_flags"],
    },
}
_CALLS: Answers = {
    "platform": {
        "machine": lambda truth: FACTS["machine"] or truth,
        "processor": lambda truth: FACTS["machine"] or truth,
        "system": lambda truth: FACTS["system"],
        "architecture": lambda truth, *a, **k: (f"{8 * FACTS['sizes']['P']}bit", truth[1]),
        "platform": _platform,
        "uname": _uname,
    },
    "os": {"uname": _os_uname},
    "struct": {"calcsize": _size},
    "ctypes": {"sizeof": _size_of_type},
    "packaging.tags": {
        "sys_tags": _tags,
        "platform_tags": lambda truth: iter(FACTS["platform_tags"]),
    },
    "_imp": {"extension_suffixes": lambda truth: list(FACTS["suffixes"])},
}
_CALLS_OF_PYTHON: Answers = {
    "platform": {
        "python_version": lambda truth: _release(),
        "python_version_tuple": lambda truth: tuple(_release().split(".")),
        "python_implementation": lambda truth: FACTS["implementation_id"],
    },
    "sysconfig": {"get_python_version": lambda truth: FACTS["version"]},
    "distutils.sysconfig": {"get_python_version": lambda truth: FACTS["version"]},
    "packaging.tags": {
        "interpreter_name": lambda truth, **k: FACTS["python_tag"].rstrip("0123456789"),
        "interpreter_version": lambda truth, **k: FACTS["version"].replace(".", ""),
    },
}


def _answer(what: str, truth: Any, host: Any) -> Any:
    return host


def _note(what: str, truth: Any, host: Any) -> Any:
    """Return the truth; write down where it was asked for if the host would say something else."""
    if truth == host:
        return truth
    frame: Any = sys._getframe(1)
    main = vars(sys.modules["__main__"])
    while frame is not None and frame.f_globals is not main:
        frame = frame.f_back
    file = os.path.abspath(main.get("__file__") or "")
    if frame is not None and _is_of_project(file):
        said, wanted = ("" if isinstance(v, Iterator) else repr(v) for v in (truth, host))
        try:
            with open(os.path.join(_HERE, "questions.txt"), "a", encoding="utf-8") as notes:
                notes.write("\t".join([file, str(frame.f_lineno), what, said, wanted]) + "\n")
        except OSError:
            pass  # the build directory cannot be written to: then there is no warning
    return truth


def _is_of_project(file: str) -> bool:
    """Whether a script belongs to no Python and to no package that is installed."""
    installed = (os.path.dirname(os.__file__), os.path.join(sys.prefix, "bin"))
    parts = file.split(os.sep)
    return not (
        file.startswith(tuple(path + os.sep for path in installed))
        or "site-packages" in parts
        or "dist-packages" in parts
    )


class _View(ModuleType):
    """A module as the main module sees it: some of its attributes say something else."""

    def __init__(self, module: ModuleType, attributes: Mapping[str, Callable[[Any], Any]]) -> None:
        super().__init__(module.__name__)
        own = object.__getattribute__(self, "__dict__")
        own["_py_build_cmake_view"] = module, attributes

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__(self, "__dict__")
        module, attributes = own["_py_build_cmake_view"]
        value = getattr(module, name)
        return attributes[name](value) if name in attributes else value

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_module_of(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_module_of(self), name)

    def __dir__(self) -> Any:
        return dir(_module_of(self))


def _module_of(view: _View) -> ModuleType:
    module: ModuleType = object.__getattribute__(view, "__dict__")["_py_build_cmake_view"][0]
    return module


class _Views:
    """Makes views of the modules that the main module imports."""

    def __init__(self, judge: Judge, *, is_question: bool) -> None:
        import builtins

        self._judge = judge
        self._import = builtins.__import__
        self._values = _joined(_VALUES, _VALUES_OF_PYTHON if is_question else {})
        self._calls = _joined(_CALLS, _CALLS_OF_PYTHON if is_question else {})

    def import_(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        """What an import statement of the main module calls."""
        return self._of(self._import(name, globals, locals, fromlist or (), level))

    def _of(self, value: Any) -> Any:
        if not isinstance(value, ModuleType) or isinstance(value, _View):
            return value
        name = value.__name__
        if name.endswith("._vendor.packaging.tags"):  # those of pip and setuptools
            name = "packaging.tags"
        attributes: dict[str, Callable[[Any], Any]] = {}
        for key, answer in self._values.get(name, {}).items():
            attributes[key] = self._value(f"{name}.{key}", answer)
        for key, answer in self._calls.get(name, {}).items():
            attributes[key] = self._call(f"{name}.{key}()", answer)
        for key in {**self._values, **self._calls}:
            if key.startswith(f"{name}."):
                # A module in a package, such as importlib.machinery.
                attributes[key[len(name) + 1 :]] = self._of
        return _View(value, attributes) if attributes else value

    def _value(self, what: str, answer: Callable[..., Any]) -> Callable[[Any], Any]:
        return lambda truth: self._judge(what, truth, answer(truth))

    def _call(self, what: str, answer: Callable[..., Any]) -> Callable[[Any], Any]:
        def changed(function: Any) -> Any:
            def call(*arguments: Any, **options: Any) -> Any:
                truth = function(*arguments, **options)
                return self._judge(what, truth, answer(truth, *arguments, **options))

            return call

        return changed


def _joined(first: Answers, second: Answers) -> Answers:
    return {n: {**first.get(n, {}), **second.get(n, {})} for n in {**first, **second}}
