"""The verifier is one file: of the standard library, of Python 3.9, and without a way out."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from multisite.pack.verifying import verify as verifying
from tests.lib.small_pack import KEY, OTHER_KEY, pem, small_pack

SOURCE = Path(verifying.__file__).read_text(encoding="utf-8")
TREE = ast.parse(SOURCE, feature_version=(3, 9))

# Run before the program: every event that an open socket, a new process or a written file would raise ends it.
WATCHED = """
import runpy, sys
def watch(event, args):
    writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    if writes or event.split(".")[0] in ("socket", "subprocess", "ftplib", "http", "urllib", "smtplib") or event in (
        "os.system", "os.exec", "os.posix_spawn", "os.remove", "os.rename", "os.mkdir"
    ):
        sys.stderr.write("WATCHED: " + event)
        sys.exit(99)
sys.addaudithook(watch)
sys.dont_write_bytecode = True
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def run(folder: Path, *command: object) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, *map(str, command)]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "pack", small_pack())


def test_it_imports_nothing_but_the_standard_library() -> None:
    names = {alias.name for node in ast.walk(TREE) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "." for node in ast.walk(TREE) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
    assert not names & {"socket", "ssl", "http", "urllib", "subprocess", "ctypes", "multiprocessing", "pickle"}
    calls = {node.func.id for node in ast.walk(TREE) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not calls & {"eval", "exec", "compile", "__import__"}


def test_no_annotation_that_python_39_would_evaluate_joins_types_with_a_bar() -> None:
    evaluated: list[ast.expr | None] = []
    for node in ast.walk(TREE):
        if isinstance(node, ast.FunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            evaluated += [node.returns, *(argument.annotation for argument in arguments)]
        elif isinstance(node, ast.Module | ast.ClassDef):
            evaluated += [inner.annotation for inner in node.body if isinstance(inner, ast.AnnAssign)]
    bars = [part for one in evaluated if one for part in ast.walk(one) if isinstance(part, ast.BitOr)]
    assert len(evaluated) > 50
    assert bars == []


def test_no_call_needs_a_later_python() -> None:
    strict = [node for node in ast.walk(TREE) if isinstance(node, ast.keyword) and node.arg == "strict"]
    # `strict` is csv's own; that of zip came with 3.10.
    assert [ast.unparse(node.value) for node in strict] == ["True"]
    assert "zip(" not in SOURCE.replace("_of_zip(", "").replace("unzip(", "")


def test_it_can_be_read_at_one_sitting() -> None:
    lines = SOURCE.splitlines()
    assert sum(bool(line.strip()) for line in lines) < 680
    assert max(map(len, lines)) <= 120
    assert SOURCE.isascii()


def test_it_runs_from_a_folder_that_holds_the_pack_only(folder: Path) -> None:
    finished = run(folder, "-I", "-S", "verify.py")
    assert finished.stderr == ""
    lines = finished.stdout.splitlines()
    assert lines[-1] == "verified: every step holds"
    assert [line[:2] for line in lines if line[0:1].isdigit()] == [f"{n}." for n in range(1, 9)]
    assert "What these steps do not show:" in lines
    assert finished.returncode == 0
    # Nothing was added to the folder: it verifies again.
    assert run(folder, "verify.py").stdout == finished.stdout


def test_it_opens_no_socket_starts_no_process_and_writes_no_file(folder: Path) -> None:
    finished = run(folder, "-I", "-S", "-c", WATCHED, "verify.py")
    assert finished.stderr == ""
    assert finished.returncode == 0


def test_a_module_that_a_pack_brings_is_not_run(tmp_path: Path) -> None:
    modules = ("json", "csv", "hashlib", "argparse", "__future__", "typing", "encodings/utf_8", "re/__init__")
    evil = b"import os, sys; sys.stdout.write('verified: every step holds\\n'); sys.stdout.flush(); os._exit(0)\n"
    folder = written(tmp_path, small_pack() | {f"{name}.py": evil for name in modules})
    finished = run(folder, "verify.py")
    assert finished.stdout.splitlines()[-1] == "NOT verified: step 1 fails"
    assert finished.returncode == 1


def test_exit_codes_tell_verified_from_not_verified_and_from_not_done(folder: Path, tmp_path: Path) -> None:
    own, other, none = tmp_path / "own.pem", tmp_path / "other.pem", tmp_path / "none.pem"
    own.write_bytes(pem(KEY).replace(b"\n", b"\r\n"))
    other.write_bytes(pem(OTHER_KEY))
    none.write_bytes(b"no key")
    verifier = folder / "verify.py"
    assert run(tmp_path, verifier, "--key", own).returncode == 0
    assert run(tmp_path, verifier, folder, "--key", other).returncode == 1
    for command in (
        ["--key", none],
        ["--key", tmp_path / "missing"],
        [tmp_path / "missing"],
        ["--unknown"],
        ["a", "b"],
    ):
        finished = run(tmp_path, verifier, *command)
        assert finished.returncode == 2
        assert "Traceback" not in finished.stderr


def test_an_unsigned_pack_needs_the_option_that_allows_it(tmp_path: Path) -> None:
    folder = written(tmp_path, small_pack(signed=False))
    refused, allowed = run(folder, "verify.py"), run(folder, "verify.py", "--allow-unsigned")
    assert "3. signature: not possible: the pack is not signed; anybody could have made it." in refused.stdout
    assert (refused.returncode, allowed.returncode) == (1, 0)
    assert "every file is as it was packed, but nothing says by whom" in allowed.stdout.splitlines()[-1]
