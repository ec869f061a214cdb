"""A built wheel has all that the program needs: it works where there is no checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from flow_runs import AS_OF

ROOT = Path(__file__).parents[2]
SOURCES = ("pipeline", "flows", "config", "pyproject.toml", "README.md", "LICENSE")

# requirements.lock has it; an environment made otherwise may not.
pytest.importorskip("setuptools", minversion="77")

A_FEW_PEOPLE = """
import sys
from pathlib import Path
from pipeline.settings.synthetic import Scale, load_synthetic_settings
from pipeline.synthetic import synthesise

rates = load_synthetic_settings()
few = Scale(prisoners=60, probationers=80, children=160, authority_codes=("330", "331"))
synthesise(Path(sys.argv[1]), "demo", 5, rates.model_copy(update={"scales": {"demo": few}}))
"""


def done(*command: str | Path, folder: Path, **settings: str) -> str:
    """What a command prints, run in a folder and with no path of the checkout's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    finished = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**kept, **settings},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout + finished.stderr


def built(folder: Path) -> Path:
    """A wheel of the sources as they are, made from a copy: building leaves files behind."""
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        path = ROOT / name
        if path.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(path, source / name, symlinks=True, ignore=ignored)
        else:
            shutil.copy(path, source / name)
    done(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        source,
        "--wheel-dir",
        folder,
        folder=folder,
    )
    shutil.rmtree(source)
    return next(folder.glob("kinlink-*.whl"))


@pytest.fixture(scope="module", name="installed")
def _installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that has the wheel and borrows what it depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    environment = folder / "environment"
    venv.create(environment, symlinks=True)
    done(
        sys.executable,
        "-m",
        "pip",
        "--python",
        environment / "bin" / "python",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        built(folder),
        folder=folder,
    )
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "borrowed.pth").write_text("\n".join(borrowed), encoding="utf-8")
    lend_kernels(packages)
    return environment / "bin"


def lend_kernels(packages: Path) -> None:
    """Give the installed modules the compiled kernels of the same modules here: it saves a minute.

    A kernel counts as compiled from a file of one size and time of change.
    """
    for source in (ROOT / "pipeline").rglob("*.py"):
        shutil.copystat(source, packages / source.relative_to(ROOT))
    for kernel in (ROOT / "pipeline").rglob("__pycache__/*.nb?"):
        target = packages / kernel.relative_to(ROOT)
        target.parent.mkdir(exist_ok=True)
        shutil.copy(kernel, target)


def test_the_wheel_is_what_runs(installed: Path, tmp_path: Path) -> None:
    ask = "import flows, pipeline; print(flows.__file__, pipeline.__file__)"
    found = done(installed / "python", "-c", ask, folder=tmp_path).split()
    assert [path for path in found if not path.startswith(str(installed.parent))] == []
    assert "kinlink link prison.csv" in done(installed / "kinlink", "link", "-h", folder=tmp_path)


def test_a_wheel_runs_the_whole_flow_without_a_configuration(
    installed: Path, prefect_server: str, tmp_path: Path
) -> None:
    done(installed / "python", "-c", A_FEW_PEOPLE, "extracts", folder=tmp_path)
    said = done(
        installed / "kinlink",
        "run",
        "--extracts",
        "extracts",
        "--out",
        "out",
        "--as-of",
        AS_OF.isoformat(),
        folder=tmp_path,
        PREFECT_API_URL=prefect_server,
        PREFECT_HOME=str(tmp_path / "prefect"),
    )
    lists = sorted(path.name for path in (tmp_path / "out/current/authority_lists").iterdir())
    assert lists == ["recipient=330", "recipient=331"]
    assert said.count("no pseudonym key is configured") == 1
    assert (tmp_path / "out" / "pseudonym.key").stat().st_mode & 0o777 == 0o600
    manifest = json.loads((tmp_path / "out/current/run_manifest.json").read_text("utf-8"))
    assert manifest["pseudonym_key"] == "made for this out folder"
