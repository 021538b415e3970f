"""Reference outputs are compared with both implementations of the ops."""

import pytest

from tfstylegan import ops
from tfstylegan.custom_ops import loading


@pytest.fixture(params=["composed", "fused"])
def both_implementations(request):
    """Runs a test with composed and with fused ops."""
    if request.param == "fused" and loading.load_cpu().ops is None:
        pytest.skip(loading.load_cpu().reason)
    with ops.implementation(request.param):
        yield request.param
