"""The recurrent stack against its published equations, and its exactness in batches."""

import copy

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from spacy_birnn.nn.batch_layout import MAX_POSITIONS
from spacy_birnn.nn.birnn import BiRNN
from spacy_birnn.nn.cells import CELLS, Recurrence, init_rnn
from spacy_birnn.nn.precision import is_supported

LENGTHS = [5, 0, 3, 1, 9, 0, 3]
EVERY_CELL = pytest.mark.parametrize("cell", sorted(CELLS))


def make_stack(widths=(6, 8), input_size=7, **settings):
    torch.manual_seed(0)
    stack = BiRNN(input_size, widths, **settings)
    with torch.no_grad():
        for param in stack.parameters():
            # Biases and initial states start at zero, where they would test nothing.
            param.add_(torch.randn_like(param), alpha=0.1)
    return stack


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def cell_in_numpy(recurrence, x):
    """The published equations, step by step in double precision."""
    w_x, w_h, b_x, b_h = (w.detach().double().numpy() for w in recurrence.weights.parameters())
    h, *c = recurrence.states.detach().double().numpy()[:, 0]
    outputs = []
    for step in x:
        from_x, from_h = w_x @ step + b_x, w_h @ h + b_h
        if recurrence.cell == "lstm":
            i, f, g, o = np.split(from_x + from_h, 4)
            c = [sigmoid(f) * c[0] + sigmoid(i) * np.tanh(g)]
            h = sigmoid(o) * np.tanh(c[0])
        elif recurrence.cell == "gru":
            (r_x, z_x, n_x), (r_h, z_h, n_h) = np.split(from_x, 3), np.split(from_h, 3)
            r, z = sigmoid(r_x + r_h), sigmoid(z_x + z_h)
            h = (1 - z) * np.tanh(n_x + r * n_h) + z * h
        elif recurrence.cell == "rnn_tanh":
            h = np.tanh(from_x + from_h)
        else:
            h = np.maximum(0, from_x + from_h)
        outputs.append(h)
    return np.array(outputs)


def stack_in_numpy(stack, x):
    for layer in stack.layers:
        y = cell_in_numpy(layer.forward_rnn, x)
        if layer.backward_rnn is not None:
            y = np.concatenate([y, cell_in_numpy(layer.backward_rnn, x[::-1])[::-1]], axis=1)
        if layer.residual and layer.project is not None:
            y = y + x @ layer.project.weight.detach().double().numpy().T
        elif layer.residual:
            y = y + x
        if layer.norm is not None:
            gain, bias = (p.detach().double().numpy() for p in layer.norm.parameters())
            y = (y - y.mean(1, keepdims=True)) / np.sqrt(y.var(1, keepdims=True) + 1e-5)
            y = gain * y + bias
        x = y
    return x


@EVERY_CELL
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"widths": (7, 5, 3)},
        {"bidirectional": False},
        {"widths": (7, 8, 8), "residual": True},
        {"layer_norm": True},
        {"learn_initial_state": True, "bptt": 2},
    ],
)
def test_stack_follows_the_equations(cell, settings):
    stack = make_stack(cell=cell, **settings)
    x = torch.randn(sum(LENGTHS), 7)
    with torch.inference_mode():
        y = stack(x, LENGTHS).numpy()
    assert_allclose(stack(x, LENGTHS, learn=True).detach(), y, atol=1e-6)
    assert y.shape == (sum(LENGTHS), stack.width)
    start = 0
    for length in LENGTHS:
        if length:
            expected = stack_in_numpy(stack, x[start : start + length].double().numpy())
            assert_allclose(y[start : start + length], expected, atol=1e-5)
        start += length


@EVERY_CELL
def test_gradient_agrees_with_finite_differences(cell):
    settings = {"cell": cell, "residual": True, "layer_norm": True, "learn_initial_state": True}
    stack = make_stack((4, 3), input_size=3, **settings).double()
    x = torch.randn(sum(LENGTHS), 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, *_: stack(x, LENGTHS), (x, *stack.parameters()))


@EVERY_CELL
def test_fast_gradient_agrees_with_the_double_one(cell):
    stack = make_stack(cell=cell, learn_initial_state=True)
    x = torch.randn(sum(LENGTHS), 7)
    gradients = []
    for module in (stack, copy.deepcopy(stack).double()):
        y = module(x.to(next(module.parameters()).dtype), LENGTHS)
        (y**2).sum().backward()
        gradients.append([p.grad.double() for p in module.parameters()])
    for single, double in zip(*gradients):
        assert_allclose(single, double, atol=1e-5)


def test_states_learn_only_if_asked():
    for learned in (True, False):
        stack = make_stack(learn_initial_state=learned)
        stack(torch.randn(sum(LENGTHS), 7), LENGTHS).sum().backward()
        states = [layer.forward_rnn.states for layer in stack.layers]
        assert all((state.grad is not None) == learned for state in states)


def test_truncated_backpropagation_against_a_graph_cut_by_hand():
    x = torch.randn(10, 4)
    stack = make_stack((8,), input_size=4, bptt=4)
    stack(x, [10]).sum().backward()
    layer = stack.layers[0]
    for recurrence, sequence in ((layer.forward_rnn, x), (layer.backward_rnn, x.flip(0))):
        by_hand = nn.LSTM(4, 4)
        by_hand.load_state_dict(recurrence.weights.state_dict())
        states = tuple(recurrence.states.detach())
        for part in (sequence[:4], sequence[4:8], sequence[8:]):
            y, states = by_hand(part, states)
            y.sum().backward()
            states = tuple(state.detach() for state in states)
        for ours, theirs in zip(recurrence.weights.parameters(), by_hand.parameters()):
            assert_allclose(ours.grad, theirs.grad, atol=1e-5)
    whole = make_stack((8,), input_size=4)
    whole(x, [10]).sum().backward()
    cut, uncut = (m.layers[0].forward_rnn.weights.weight_hh_l0.grad for m in (stack, whole))
    assert not np.allclose(cut, uncut)


@EVERY_CELL
def test_recurrent_dropout_drops_weights_in_training_only(cell):
    recurrence = Recurrence(3, 40, cell=cell, recurrent_dropout=0.5)
    x, blocks = torch.randn(6 * 2, 3), [(6, 2)]
    with torch.inference_mode():
        assert_array_equal(recurrence(x, blocks), recurrence(x, blocks))
    first, second = (recurrence(x, blocks, learn=True) for _ in range(2))
    # Before the first step the state is zero, so the weights do not matter.
    assert_array_equal(first[:2].detach(), second[:2].detach())
    assert (first[2:4] != second[2:4]).any()
    first.sum().backward()
    share = (recurrence.weights.weight_hh_l0.grad == 0).float().mean()
    assert 0.4 < share < 0.7


def test_output_and_gradient_do_not_depend_on_the_batch():
    stack = make_stack((32, 32))
    lengths = list(range(1, 60, 3))
    xs = [torch.randn(length, 7) for length in lengths]
    together = torch.cat(xs).requires_grad_()
    y_together = stack(together, lengths)
    y_together.sum().backward()
    alone = [x.clone().requires_grad_() for x in xs]
    y_alone = [stack(x, [len(x)]) for x in alone]
    for y in y_alone:
        y.sum().backward()
    assert_allclose(y_together.detach(), torch.cat(y_alone).detach(), atol=1e-6)
    assert_allclose(together.grad, torch.cat([x.grad for x in alone]), atol=1e-5)


@pytest.mark.parametrize("lengths", [[], [0, 0]])
def test_nothing_to_encode(lengths):
    assert make_stack()(torch.zeros(0, 7), lengths).shape == (0, 8)


def test_initial_weights():
    rnn = torch.nn.LSTM(10, 6)
    init_rnn(rnn, forget_bias=1.0)
    bias = (rnn.bias_ih_l0 + rnn.bias_hh_l0).detach().numpy()
    assert_array_equal(bias, np.repeat([0, 1, 0, 0], 6))
    for gate in rnn.weight_hh_l0.detach().split(6):
        assert_allclose(gate @ gate.T, np.eye(6), atol=1e-5)
    bound = (6 / (10 + 6)) ** 0.5
    assert rnn.weight_ih_l0.abs().max() <= bound
    assert rnn.weight_ih_l0.abs().max() > 0.9 * bound


def test_dropout_is_variational():
    recurrence = Recurrence(3, 100)
    blocks = [(30, 4), (20, 2)]
    x = torch.randn(30 * 4 + 20 * 2, 3)
    y, dropped = recurrence(x, blocks), recurrence(x, blocks, dropout=0.3)
    kept = (dropped != 0).split([30 * 4, 20 * 2])
    mask = kept[0].view(30, 4, 100)[0]
    assert (kept[0].view(30, 4, 100) == mask).all()
    assert (kept[1].view(20, 2, 100) == mask[:2]).all()
    assert not (mask[0] == mask[1]).all()
    assert abs(mask.float().mean() - 0.7) < 0.1
    scaled = torch.where(dropped != 0, y / 0.7, 0).detach()
    assert_allclose(dropped.detach(), scaled, rtol=1e-5)


def test_dropout_reaches_the_stack():
    stack = make_stack()
    x = torch.randn(sum(LENGTHS), 7)
    assert_array_equal(stack(x, LENGTHS).detach(), stack(x, LENGTHS).detach())
    dropped = stack(x, LENGTHS, dropout=0.5)
    assert (dropped == 0).float().mean() > 0.2


def test_windows_agree_with_the_uncut_run():
    # Nothing may be remembered forever, as it may by weights that never learned to forget.
    stack = make_stack((32, 32), forget_bias=0.0)
    lengths = [700, 0, 3, 150]
    x = torch.randn(sum(lengths), 7)
    with torch.inference_mode():
        uncut = stack(x, lengths).numpy()
        stack.window, stack.overlap = 150, 30
        y = stack(x, lengths).numpy()
    assert_array_equal(y[700:], uncut[700:])
    assert_allclose(y, uncut, atol=1e-3)
    assert (y != uncut).any()


def test_a_window_reads_its_context_and_no_more():
    stack = make_stack(window=9, overlap=2)
    x = torch.randn(30, 7)
    with torch.inference_mode():
        before = stack(x, [30])
        x[15] += 1
        changed = (stack(x, [30]) != before).any(dim=1)
    # Six windows own five items each; the windows of 10-14 and of 15-19 read item 15.
    assert_array_equal(changed.nonzero()[:, 0], range(10, 20))


def test_long_sequences_in_bounded_calls():
    stack = make_stack()
    x = torch.randn(2 * MAX_POSITIONS, 7)
    with torch.inference_mode():
        expected = stack_in_numpy(stack, x.double().numpy())
        assert_allclose(stack(x, [len(x)]), expected, atol=1e-5)


@pytest.mark.skipif(not is_supported("bfloat16", "cpu"), reason="needs a CPU with bfloat16")
@EVERY_CELL
@pytest.mark.parametrize("settings", [{}, {"residual": True, "layer_norm": True}])
def test_bfloat16_is_close_to_float32(cell, settings):
    stack = make_stack((32, 32, 24), cell=cell, **settings)
    x = torch.randn(sum(LENGTHS), 7)
    with torch.inference_mode():
        single = stack(x, LENGTHS)
        stack.precision = "bfloat16"
        half = stack(x, LENGTHS)
    assert half.dtype == torch.float32
    assert (half != single).any()
    assert_allclose(half, single, atol=0.1)


@pytest.mark.skipif(not is_supported("bfloat16", "cpu"), reason="needs a CPU with bfloat16")
def test_training_in_bfloat16_moves_float32_weights():
    stack = make_stack(precision="bfloat16")
    x = torch.randn(sum(LENGTHS), 7, requires_grad=True)
    gradients = []
    for stack.precision in ("bfloat16", "float32"):
        stack.zero_grad()
        stack(x, LENGTHS, learn=True).sum().backward()
        gradients.append([p.grad.clone() for p in stack.parameters() if p.grad is not None])
    for half, single in zip(*gradients):
        assert half.dtype == torch.float32
        assert (half != single).any()
        assert_allclose(half, single, atol=0.03 * single.abs().max().item() + 0.01)
