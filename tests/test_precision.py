import warnings

import pytest
import torch

from spacy_birnn.nn import precision
from spacy_birnn.nn.precision import choose_dtype

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


def test_float16_is_for_prediction_on_gpus(monkeypatch):
    monkeypatch.setattr(precision, "is_supported", lambda *_: True)
    assert choose_dtype("float16", X, training=False) is torch.float16
    assert choose_dtype("float16", X, training=True) is torch.float32
