import matplotlib.pyplot as plt
import pytest
from gil_scaling.analysis.figures import _style


@pytest.fixture(autouse=True)
def closed_figures():
    _style.theme()
    yield
    plt.close("all")
