import matplotlib.pyplot as plt
import pytest
from gil_scaling.analysis.figures import looks


@pytest.fixture(autouse=True)
def closed_figures():
    looks.theme()
    yield
    plt.close("all")
