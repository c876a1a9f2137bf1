import pytest
from gil_scaling.measure.thread_libraries import thread_libraries

LINE = "7f2c4a000000-7f2c4a1c0000 r-xp 00000000 fe:01 1234567 {}\n"


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("/v/numpy.libs/libscipy_openblas64_-f48b354e.so", {"OpenBLAS": "OPENBLAS_NUM_THREADS=4"}),
        ("/usr/lib/libopenblas.so.0", {"OpenBLAS": "OPENBLAS_NUM_THREADS=4"}),
        ("/v/my env/libmkl_rt.so.2", {"MKL": "MKL_NUM_THREADS="}),
        ("/usr/lib/libblis.so.4", {"BLIS": "BLIS_NUM_THREADS="}),
        ("/v/torch/lib/libgomp-a34b3233.so.1", {"OpenMP": "OMP_NUM_THREADS=1"}),
        ("/usr/lib/llvm-14/lib/libomp.so.5", {"OpenMP": "OMP_NUM_THREADS=1"}),
        ("/v/lib/libiomp5.so", {"OpenMP": "OMP_NUM_THREADS=1"}),
        ("/usr/lib/libompitrace.so.40", {}),  # of Open MPI
        ("/usr/lib/libc.so.6", {}),
    ],
)
def test_libraries_are_found_by_the_names_of_their_files(file, found, tmp_path, monkeypatch):
    for name, value in {"OPENBLAS_NUM_THREADS": "4", "OMP_NUM_THREADS": "1"}.items():
        monkeypatch.setenv(name, value)
    for name in ("MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "maps").write_text(LINE.format("[heap]") + LINE.format(file))
    assert thread_libraries(str(tmp_path / "maps")) == found


def test_libraries_are_unknown_without_the_file(tmp_path):
    assert thread_libraries(str(tmp_path / "none")) is None
