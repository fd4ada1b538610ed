"""What core's torch shim gets wrong (design of the plugin), and safe storage."""

import pickle

import numpy as np
import pytest
import srsly
import torch
from numpy.testing import assert_allclose, assert_array_equal
from thinc.api import Adam, NumpyOps

from spacy_birnn.nn.arrays import all_finite
from spacy_birnn.nn.shim import TorchShim

X = np.arange(6, dtype="float32").reshape(2, 3)


class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(size))
        self.register_buffer("calls", torch.zeros(1, dtype=torch.int64))

    def forward(self, x, factor=1.0):
        return x * self.weight * factor


def make_shim(size=3):
    torch.manual_seed(0)
    shim = TorchShim(Scale)
    shim.initialize(size=size)
    return shim


def update(shim, optimizer):
    y, backprop = shim.begin_update(X)
    (dx,) = backprop(np.ones_like(y))
    shim.finish_update(optimizer)
    return dx


def test_gradients_and_settings():
    shim = make_shim()
    weight = shim.module.weight.detach().numpy().copy()
    assert_array_equal(shim.predict(X, factor=2.0), X * weight * 2.0)
    assert_array_equal(update(shim, Adam(0.01)), np.ones_like(X) * weight)
    assert (shim.module.weight.detach().numpy() != weight).all()


class Lookup(torch.nn.Module):
    def __init__(self, sparse):
        super().__init__()
        self.table = torch.nn.Embedding(5, 2, sparse=sparse)

    def forward(self, ids):
        return self.table(ids)


def learn_rows(sparse, batches, **settings):
    """RETURNS: The table before, and after each of the batches of rows."""
    torch.manual_seed(0)
    shim = TorchShim(Lookup)
    shim.initialize(sparse=sparse)
    optimizer = Adam(0.1, beta2=0.98, **{"use_averages": False, **settings})
    tables = [shim.predict(np.arange(5))]
    for rows in batches:
        # The gradient of a row is how often it is used.
        y, backprop = shim.begin_update(np.array(rows))
        backprop(np.ones_like(y))
        shim.finish_update(optimizer)
        tables.append(shim.predict(np.arange(5)))
    return np.array(tables)


@pytest.mark.parametrize(
    "settings", [{"L2": 0.1}, {"L2": 0.1, "use_averages": True}, {"beta1": 0.999}]
)
def test_rows_are_updated_with_the_whole_table_where_they_must(settings):
    batches = [[3, 1, 3, 3]] * 3
    tables = learn_rows(True, batches, **settings)
    assert_allclose(tables, learn_rows(False, batches, **settings), rtol=1e-5)


def test_a_used_row_moves_as_far_as_by_adam():
    # Row 1 is rare, row 2 is used now and then, row 3 always. At the end the momentum has gone.
    batches = [[3, *[1] * (n in (200, 400)), *[2] * (n % 20 == 0)] for n in range(500)] + [[0]] * 99
    tables = [learn_rows(sparse, batches) for sparse in (True, False)]
    moved, expected = (table[-1] - table[0] for table in tables)
    assert_allclose(moved[1], expected[1], rtol=0.02)
    assert_allclose(moved[2], expected[2], rtol=0.05)
    assert_allclose(moved[3], expected[3], rtol=0.15)


def test_the_settings_of_an_optimizer_may_change():
    shim = TorchShim(Lookup)
    shim.initialize(sparse=True)
    optimizer = Adam(0.1, use_averages=False)
    for optimizer.L2 in (0.0, 0.1, 0.0):
        before = shim.predict(np.arange(5))
        y, backprop = shim.begin_update(np.array([1]))
        backprop(np.ones_like(y))
        shim.finish_update(optimizer)
        assert (shim.predict(np.arange(5)) < before)[1].all()


def test_a_row_that_is_not_used_stays():
    tables = learn_rows(True, [[1, 2], [2], [2], [1]])
    moved = (tables[1:] != tables[:-1]).any(axis=2)
    assert moved.tolist() == [
        [False, True, True, False, False],
        [False, False, True, False, False],
        [False, False, True, False, False],
        [False, True, False, False, False],
    ]


@pytest.mark.parametrize("start", [0, 89985])
def test_averages_of_rows_are_those_of_the_whole_table(start):
    shim = TorchShim(Lookup)
    shim.initialize(sparse=True)
    optimizer = Adam(0.1, use_averages=True)
    optimizer.nr_update[shim.id, "table.weight", "rows"] = start
    expected, ops = np.zeros((5, 2), dtype="f"), NumpyOps()
    rng = np.random.default_rng(0)
    for n in range(1, 41):
        y, backprop = shim.begin_update(rng.integers(0, 4, size=2))
        backprop(np.ones_like(y))
        shim.finish_update(optimizer)
        ops.update_averages(expected, shim.predict(np.arange(5)), start + n)
        if n % 15 == 0 or n == 40:
            raw = shim.predict(np.arange(5))
            # Some evaluations in a row, and one while the averages are in use.
            for _ in range(2):
                with shim.use_params(optimizer.averages), shim.use_params(optimizer.averages):
                    found = shim.predict(np.arange(5))
                assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
            assert_array_equal(shim.predict(np.arange(5)), raw)


def test_averages_leave_the_training_as_it_is():
    batches = [[3, 1], [2], [3, 3], [1]] * 3
    with_averages = learn_rows(True, batches, use_averages=True)
    assert_array_equal(with_averages, learn_rows(True, batches))


def test_averages_are_used_inside_use_params_only():
    shim = make_shim()
    optimizer = Adam(0.1, use_averages=True)
    for _ in range(5):
        update(shim, optimizer)
    raw = shim.predict(X)
    with shim.use_params(optimizer.averages):
        averaged = shim.predict(X)
        assert_array_equal(averaged, X * optimizer.averages[(shim.id, "weight")])
    assert (averaged != raw)[X != 0].all()
    assert_array_equal(shim.predict(X), raw)


def test_raw_weights_come_back_after_an_error():
    shim = make_shim()
    raw = shim.predict(X)
    with pytest.raises(KeyError), shim.use_params({(shim.id, "weight"): np.zeros(3, "float32")}):
        raise KeyError
    assert_array_equal(shim.predict(X), raw)


def test_round_trip_needs_no_initialization():
    shim = make_shim()
    loaded = TorchShim(Scale).from_bytes(shim.to_bytes())
    assert_array_equal(loaded.predict(X), shim.predict(X))
    assert loaded.to_bytes() == shim.to_bytes()


def test_round_trip_without_weights():
    data = TorchShim(Scale).to_bytes()
    with pytest.raises(ValueError, match=r"call nlp\.initialize"):
        TorchShim(Scale).from_bytes(data).predict(X)


def test_stored_bytes_hold_no_pickle():
    data = srsly.msgpack_loads(make_shim().to_bytes())["state"]
    assert data[:1] != b"\x80" and b"torch" not in data
    with pytest.raises((pickle.UnpicklingError, EOFError, ValueError)):
        pickle.loads(data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"state": b"nonsense"}, "damaged"),
        ({"format": 99}, "format 99"),
        ({"sizes": {"size": 4}}, "do not fit the config"),
    ],
)
def test_bad_data_are_explained(change, message):
    msg = srsly.msgpack_loads(make_shim().to_bytes())
    shim = make_shim()
    with pytest.raises(ValueError, match=message):
        shim.from_bytes(srsly.msgpack_dumps({**msg, **change}))
    assert_array_equal(shim.predict(X), make_shim().predict(X))


def test_loading_costs_a_training_none_of_its_chance():
    data = make_shim().to_bytes()
    state = torch.random.get_rng_state()
    TorchShim(Scale).from_bytes(data)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_weights_are_where_the_arrays_of_thinc_are(monkeypatch):
    monkeypatch.setattr(
        "spacy_birnn.nn.arrays.get_torch_default_device", lambda: torch.device("mps")
    )
    assert make_shim().module.weight.device.type == "cpu"


def test_a_copy_has_weights_and_an_id_of_its_own():
    shim = make_shim()
    copied = shim.copy()
    optimizer = Adam(0.1)
    update(shim, optimizer)
    update(copied, optimizer)
    assert copied.id != shim.id
    assert optimizer.nr_update[(shim.id, "weight")] == 1
    assert_array_equal(copied.predict(X), shim.predict(X))


@pytest.mark.parametrize("mode", [True, False])
def test_prediction_never_switches_the_mode_of_the_module(mode):
    """Threads share the module: a switch in one would be seen by the others."""
    shim = make_shim()
    shim.module.train(mode)
    modes = []
    shim.module.register_forward_hook(lambda module, *_: modes.append(module.training))
    shim.predict(X)
    assert modes == [mode]
    assert shim.module.training == mode


@pytest.mark.parametrize("value", [0.0, 3e38, float("nan"), float("inf"), -float("inf")])
def test_finite_gradients(value):
    gradients = [torch.ones(3), None, torch.tensor([[value, value, 1.0], [-1.0, 2.0, -3.0]])]
    # The sum of the second value overflows.
    assert all_finite(gradients) == (abs(value) < float("inf"))
    assert all_finite([g.to_sparse() for g in gradients if g is not None]) == all_finite(gradients)
