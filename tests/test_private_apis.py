"""Private parts of PyTorch and Thinc may go: then the package works without them."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from thinc.api import Adam, PyTorchWrapper

from spacy_birnn.models.gradients import clear_gradient
from spacy_birnn.nn import packed_lstm, sparse_adam
from spacy_birnn.nn.birnn import BiRNN
from spacy_birnn.nn.cpu_features import cpu_has
from spacy_birnn.nn.shim import TorchShim
from spacy_birnn.nn.wrapped_model import get_wrapped_model


@pytest.fixture
def fresh_cache():
    packed_lstm.can_pack.cache_clear()
    yield
    packed_lstm.can_pack.cache_clear()


def other_signature(*args, **kwargs):
    raise TypeError("unexpected arguments")


@pytest.mark.parametrize("operator", [None, other_signature])
def test_lstm_without_the_operators_of_onednn(fresh_cache, monkeypatch, operator):
    torch.manual_seed(0)
    stack = BiRNN(7, [6, 8])
    x = torch.randn(12, 7)
    with torch.inference_mode():
        expected = stack(x, [5, 0, 7], memo={})
        packed_lstm.can_pack.cache_clear()
        monkeypatch.setattr(torch.ops.mkldnn, "_reorder_mkldnn_rnn_layer_weight", operator)
        assert not packed_lstm.can_pack("cpu", torch.float32)
        memo = {}
        assert_allclose(stack(x, [5, 0, 7], memo=memo), expected, atol=1e-6)
        assert not memo


def test_cpu_features_that_torch_does_not_report(monkeypatch):
    monkeypatch.delattr(torch.cpu, "_is_avx2_supported")
    assert cpu_has("avx2") is None


class Lookup(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(5, 2, sparse=True)

    def forward(self, ids):
        return self.table(ids)


def test_sparse_tables_without_the_state_of_the_optimizer(monkeypatch):
    torch.manual_seed(0)
    shims = [TorchShim(Lookup), TorchShim(Lookup)]
    for shim in shims:
        shim.initialize()
    shims[1].module.load_state_dict(shims[0].module.state_dict())
    monkeypatch.setattr(sparse_adam, "INTERNALS", ("an_attribute_that_is_gone",))
    # Averages need the whole table as well.
    for shim, use_averages in zip(shims, (False, True)):
        optimizer = Adam(0.1, use_averages=use_averages)
        for rows in ([1, 3], [3]):
            y, backprop = shim.begin_update(np.array(rows))
            backprop(np.ones_like(y))
            shim.finish_update(optimizer)
        assert (shim.id, "table.weight") in optimizer.mom1
    assert_array_equal(*(shim.predict(np.arange(5)) for shim in shims))


def test_wrapped_models_without_the_attribute_of_thinc():
    model = PyTorchWrapper(torch.nn.Linear(3, 2))
    x = np.ones((1, 3), dtype="f")
    _, backprop = model.begin_update(x)
    backprop(np.ones((1, 2), dtype="f"))
    shim = model.shims[0]
    module = get_wrapped_model(shim)
    assert module is shim._model
    shim.__dict__["renamed"] = shim.__dict__.pop("_model")
    assert get_wrapped_model(shim) is module
    clear_gradient(model)
    assert all(weight.grad is None for weight in module.parameters())
    assert get_wrapped_model(TorchShim(Lookup)) is None
