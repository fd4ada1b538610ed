"""The recurrent stack against its published equations, and its exactness in batches."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from spacy_birnn.nn.birnn import BiRNN, init_rnn
from spacy_birnn.nn.dropout import variational_dropout

LENGTHS = [5, 0, 3, 1, 9, 0, 3]


def make_stack(widths=(6, 8), bidirectional=True, input_size=7):
    torch.manual_seed(0)
    return BiRNN(input_size, widths, "lstm", bidirectional, 1.0)


def lstm_in_numpy(rnn, x):
    """Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000, step by step."""
    weights = [w.detach().double().numpy() for w in rnn.parameters()]
    w_input, w_hidden, b_input, b_hidden = weights
    h = c = np.zeros(rnn.hidden_size)
    outputs = []
    for step in x:
        gates = w_input @ step + b_input + w_hidden @ h + b_hidden
        i, f, g, o = np.split(gates, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.array(outputs)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def stack_in_numpy(stack, x):
    for layer in stack.layers:
        directions = [lstm_in_numpy(layer.forward_rnn, x)]
        if layer.backward_rnn is not None:
            directions.append(lstm_in_numpy(layer.backward_rnn, x[::-1])[::-1])
        x = np.concatenate(directions, axis=1)
    return x


@pytest.mark.parametrize("widths", [(6,), (6, 8), (7, 5, 3)])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_stack_follows_the_equations(widths, bidirectional):
    stack = make_stack(widths, bidirectional)
    x = torch.randn(sum(LENGTHS), 7)
    with torch.inference_mode():
        y = stack(x, LENGTHS).numpy()
    assert y.shape == (sum(LENGTHS), widths[-1])
    start = 0
    for length in LENGTHS:
        if length:
            expected = stack_in_numpy(stack, x[start : start + length].double().numpy())
            assert_allclose(y[start : start + length], expected, atol=1e-6)
        start += length


def test_gradient_agrees_with_finite_differences():
    stack = make_stack((4, 3), input_size=3).double()
    x = torch.randn(sum(LENGTHS), 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: stack(x, LENGTHS), x)


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


def test_variational_dropout_drops_the_same_units_at_each_step():
    torch.manual_seed(0)
    y = variational_dropout(torch.ones(50, 4, 100), 0.3)
    assert (y == y[0]).all()
    assert not (y[0, 0] == y[0, 1]).all()
    assert abs((y == 0).float().mean() - 0.3) < 0.05
    assert_allclose(y.max(), 1 / 0.7)


def test_no_dropout_changes_nothing():
    x = torch.ones(2, 2, 2)
    assert variational_dropout(x, 0.0) is x


def test_dropout_reaches_the_stack():
    stack = make_stack()
    x = torch.randn(sum(LENGTHS), 7)
    assert_array_equal(stack(x, LENGTHS).detach(), stack(x, LENGTHS).detach())
    dropped = stack(x, LENGTHS, dropout=0.5)
    assert (dropped == 0).float().mean() > 0.2
