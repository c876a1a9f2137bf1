import pytest
from gil_scaling.analysis.figures import __main__ as figures
from gil_scaling.analysis.report import __main__ as report

from tests.benchmarks.large_sweep import write_large_sweep


@pytest.mark.slow
def test_page_of_252_combinations_has_at_most_2_mb(tmp_path):
    sweep = write_large_sweep(tmp_path, 21)
    figures.main(sweep, "2")
    report.main(sweep)
    assert (
        0.1e6 < (sweep / "report.html").stat().st_size < 2e6
    )  # a quarter of 8 MB, for a quarter of 1,008 combinations
