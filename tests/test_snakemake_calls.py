import pytest

from tests.snakemake_calls import run_snakemake

SAYS = "import os, sys\nprint(*sys.argv[1:], os.environ['A'], os.getcwd())\nsys.exit(int(sys.argv[1]))\n"
SNAKEFILE = """
rule all:
    shell: "export A=b PYTHONPATH=lib; python -m gil_scaling.analysis.says {config[status]} 'a b' > said.txt"
"""


@pytest.mark.slow
@pytest.mark.parametrize("status", [0, 3])
def test_a_forked_job_gets_and_gives_what_python_would(status, tmp_path):
    package = tmp_path / "lib/gil_scaling/analysis"
    package.mkdir(parents=True)
    (package / "says.py").write_text(SAYS)
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    done = run_snakemake("--cores", "1", "--config", f"status={status}", cwd=tmp_path)
    assert done.returncode == bool(status), done.stderr
    assert (tmp_path / "said.txt").read_text() == f"{status} a b b {tmp_path}\n"
