"""Generates pedl.v1 from the protos while the package is built; pyproject.toml says everything else.

Only the public package goes in: what agents speak is between them and the master.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).parent
PACKAGE = Path("pedl", "v1")


def proto_root() -> Path:
    """The folder that imports in protos start from: beside this one in a checkout, inside it in an sdist."""
    packed = HERE / "protos"
    return packed if packed.exists() else HERE.parent


def protos(root: Path) -> list[Path]:
    return sorted((root / PACKAGE).glob("*.proto"))


class GeneratingBuild(build_py):
    """Adds the generated modules and their types to the package."""

    def run(self) -> None:
        # An earlier build's modules would stay, also those whose proto is gone.
        shutil.rmtree(Path(self.build_lib, PACKAGE), ignore_errors=True)
        super().run()
        generate(HERE / "src" if self.editable_mode else Path(self.build_lib))


class PackingSdist(sdist):
    """Takes the protos along, so that the sdist builds without the checkout."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        target = Path(base_dir, "protos") / PACKAGE
        target.mkdir(parents=True, exist_ok=True)
        for proto in protos(proto_root()):
            shutil.copy(proto, target)


def generate(target: Path) -> None:
    # Imported late: who only asks for metadata need not have it.
    import grpc_tools
    from grpc_tools import protoc

    root = proto_root()
    failed = protoc.main(
        [
            "protoc",
            f"--proto_path={root}",
            f"--proto_path={Path(grpc_tools.__file__).parent / '_proto'}",
            f"--python_out={target}",
            f"--grpc_python_out={target}",
            f"--mypy_out={target}",
            f"--mypy_grpc_out={target}",
            *map(str, protos(root)),
        ]
    )
    if failed:
        raise SystemExit("protoc could not generate pedl.v1; why is said above")


setup(cmdclass={"build_py": GeneratingBuild, "sdist": PackingSdist})
