import warnings

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from thinc.api import Adam, fix_random_seed

from spacy_birnn.models.encoder import BiRNNEncoder
from spacy_birnn.models.torch_layer import get_shim
from spacy_birnn.nn import gradient_scaling, precision
from spacy_birnn.nn.precision import choose_dtype
from spacy_birnn.training.steps import SkippedStepWarning

X = torch.zeros(3, 4)


@pytest.fixture(params=[True, False])
def bfloat16(request, monkeypatch):
    """Whether this CPU has bfloat16, as the code sees it."""
    precision.is_supported.cache_clear()
    precision._warn.cache_clear()
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: request.param)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    yield request.param
    precision.is_supported.cache_clear()
    precision._warn.cache_clear()


def test_auto_decides_by_the_cpu_and_in_prediction_only(bfloat16):
    assert choose_dtype("auto", X, training=True) is torch.float32
    expected = torch.bfloat16 if bfloat16 else torch.float32
    assert choose_dtype("auto", X, training=False) is expected


def test_fast_decides_by_the_cpu_in_training_as_well(bfloat16):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chosen = {choose_dtype("fast", X, training) for training in (True, False)}
    assert chosen == {torch.bfloat16 if bfloat16 else torch.float32}


def test_auto_is_float32_where_torch_does_not_tell(bfloat16, monkeypatch):
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported")
    assert choose_dtype("auto", X, training=False) is torch.float32


def test_bfloat16_runs_everywhere_with_one_warning(bfloat16):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        chosen = {choose_dtype("bfloat16", X, training) for training in (True, False, True)}
    assert chosen == {torch.bfloat16 if bfloat16 else torch.float32}
    messages = [str(w.message) for w in caught]
    expected = [] if bfloat16 else ["This CPU cannot compute in bfloat16, so the encoder runs in"]
    assert [message[: len(start)] for message, start in zip(messages, expected)] == expected
    assert len(messages) == len(expected)


def test_other_inputs_keep_their_type():
    assert choose_dtype("bfloat16", X.double(), training=False) is torch.float64


def test_float16_is_for_gpus(monkeypatch):
    assert not precision.is_supported("float16", "cpu")
    monkeypatch.setattr(precision, "is_supported", lambda *_: True)
    assert choose_dtype("float16", X, training=False) is torch.float16
    assert choose_dtype("float16", X, training=True) is torch.float16


def gradients_over(size, precision, times=1):
    """Gradients of a small encoder, for a gradient of its output of this size, divided by it."""
    fix_random_seed(0)
    encoder = BiRNNEncoder(8, depth=2, residual=True, dropout=0.0, precision=precision)
    xs = [np.random.default_rng(n).normal(size=(n, 6)).astype("float32") for n in (13, 7)]
    encoder.initialize(X=xs)
    for _ in range(times):
        ys, backprop = encoder.begin_update(xs)
        d_xs = backprop([np.full_like(y, size) * (1 + y) for y in ys])
    return [np.asarray(g) / size for g in (*d_xs, *get_shim(encoder).gradients())]


@pytest.fixture
def float16(monkeypatch):
    """A CPU that computes in float16: slowly, but with its range."""
    monkeypatch.setattr(precision, "is_supported", lambda *_: True)


@pytest.mark.parametrize("size", [1e-12, 1.0, 1e6])
def test_gradients_of_any_size_pass_float16(float16, size):
    single, half = gradients_over(size, "float32"), gradients_over(size, "float16")
    assert len(single) == len(half)
    for expected, found in zip(single, half):
        assert found.dtype == np.float32
        assert_allclose(found, expected, atol=0.01 * np.abs(expected).max())


def test_gradients_of_float16_add_up(float16):
    once, twice = gradients_over(0.1, "float16"), gradients_over(0.1, "float16", times=2)
    for d_x, expected in zip(twice[:2], once):
        assert_allclose(d_x, expected)
    for found, expected in zip(twice[2:], once[2:]):
        assert_allclose(found, 2 * expected)


def test_step_that_no_scale_fits_is_skipped(float16, monkeypatch):
    encoder = BiRNNEncoder(8, precision="float16")
    xs = [np.random.default_rng(0).normal(size=(5, 6)).astype("float32")]
    encoder.initialize(X=xs)
    before, optimizer = encoder.to_bytes(), Adam()
    ys, backprop = encoder.begin_update(xs)
    with monkeypatch.context() as patch:
        patch.setattr(gradient_scaling, "SIZES", (1e7, 1e6))
        backprop([np.ones_like(y) for y in ys])
    with pytest.warns(SkippedStepWarning, match=r"BiRNN.*\(1 so far"):
        encoder.finish_update(optimizer)
    assert encoder.to_bytes() == before and not optimizer.nr_update
    ys, backprop = encoder.begin_update(xs)
    backprop([np.ones_like(y) for y in ys])
    encoder.finish_update(optimizer)
    assert encoder.to_bytes() != before


def test_a_scale_that_is_too_large_is_lowered(float16, monkeypatch):
    expected = gradients_over(1.0, "float32")
    monkeypatch.setattr(gradient_scaling, "SIZES", (1e7, 1.0))
    for found, correct in zip(gradients_over(1.0, "float16"), expected):
        assert_allclose(found, correct, atol=0.01 * np.abs(correct).max())
    monkeypatch.setattr(gradient_scaling, "SIZES", (1e7,))
    assert not all(np.isfinite(g).all() for g in gradients_over(1.0, "float16"))
