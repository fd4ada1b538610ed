"""The CRF against the sum over all sequences, one by one."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from spacy_birnn.nn.crf import LinearChainCRF
from spacy_birnn.tags.marginals import Marginals
from spacy_birnn.tags.schemes import TagSet, unrestricted
from spacy_birnn.tags.viterbi import Weights, viterbi

LENGTHS = [3, 0, 1, 4]
TAG_SET = TagSet("BILUO", 1)


def make_crf(n_tags=TAG_SET.n_tags):
    torch.manual_seed(0)
    crf = LinearChainCRF(n_tags).double()
    with torch.no_grad():
        for weight in crf.parameters():
            weight.normal_()
    return crf, torch.randn(sum(LENGTHS), n_tags, dtype=torch.double)


def legal_sequences(length):
    transitions = TAG_SET.transitions
    allowed = transitions.allowed()
    for tags in product(range(TAG_SET.n_tags), repeat=length):
        ends = tags[0] in transitions.starters and tags[-1] in transitions.enders
        if ends and all(allowed[a, b] for a, b in pairwise(tags)):
            yield tags


def sum_of_scores(crf, scores, tags):
    total = crf.start[tags[0]] + crf.end[tags[-1]] + sum(s[t] for s, t in zip(scores, tags))
    return (total + sum(crf.between[a, b] for a, b in pairwise(tags))).item()


def enumerate_all(crf, scores):
    """For each sequence that is not empty: its scores, all legal sequences and their sums."""
    for part in scores.split(LENGTHS):
        if len(part):
            sequences = list(legal_sequences(len(part)))
            yield part, sequences, np.array([sum_of_scores(crf, part, s) for s in sequences])


def test_loss_of_complete_and_incomplete_annotation():
    crf, scores = make_crf()
    gold = [0, 0, 0, 4, 1, 2, 3, 0]
    allowed = torch.nn.functional.one_hot(torch.tensor(gold), TAG_SET.n_tags).bool()
    allowed[1] = True
    allowed[6, 1:] = True
    allowed[6, 0] = False
    losses = crf(scores, allowed, LENGTHS, TAG_SET.transitions)
    rows = [rows for rows in allowed.split(LENGTHS) if len(rows)]
    for loss, mask, (_, sequences, sums) in zip(losses, rows, enumerate_all(crf, scores)):
        fits = [all(row[tag] for row, tag in zip(mask, s)) for s in sequences]
        expected = np.logaddexp.reduce(sums) - np.logaddexp.reduce(sums[fits])
        assert_allclose(loss.item(), expected, rtol=1e-9)


def test_nothing_known_is_no_loss():
    crf, scores = make_crf()
    losses = crf(scores, torch.ones_like(scores, dtype=torch.bool), LENGTHS, TAG_SET.transitions)
    assert_allclose(losses.detach(), np.zeros(3), atol=1e-9)


def test_gradient_agrees_with_finite_differences():
    crf, scores = make_crf()
    allowed = torch.zeros_like(scores, dtype=torch.bool)
    allowed[range(8), [0, 4, 0, 0, 1, 2, 3, 0]] = True
    allowed[2] = True

    def loss(scores, *_):
        return crf(scores, allowed, LENGTHS, TAG_SET.transitions)

    assert torch.autograd.gradcheck(loss, (scores.requires_grad_(), *crf.parameters()))


def test_tags_without_a_scheme():
    crf, scores = make_crf()
    allowed = torch.zeros_like(scores, dtype=torch.bool)
    allowed[:, 0] = True
    loss = crf(scores[:2], allowed[:2], [2], unrestricted(5))
    sums = [sum_of_scores(crf, scores[:2], tags) for tags in product(range(5), repeat=2)]
    assert_allclose(loss.item(), np.logaddexp.reduce(sums) - sums[0])


@pytest.mark.parametrize("lengths", [[], [0, 0]])
def test_nothing_to_score(lengths):
    crf, _ = make_crf()
    empty = torch.zeros(0, TAG_SET.n_tags).double()
    assert crf(empty, empty.bool(), lengths, TAG_SET.transitions).shape == (0,)


# Precision


def one_hot(tags, n_tags=TAG_SET.n_tags):
    return torch.nn.functional.one_hot(torch.as_tensor(tags), n_tags).bool()


def gold_tags(length):
    """Spans of four tokens and of one, and the rest outside."""
    return ([1, 2, 2, 3, 4] * length)[: length - length % 5] + [0] * (length % 5)


@pytest.mark.parametrize(("length", "shift"), [(5, -200.0), (500, 0.0), (5000, -200.0)])
def test_gradients_of_long_sequences_are_those_of_double_precision(length, shift):
    double, _ = make_crf()
    single = LinearChainCRF(TAG_SET.n_tags)
    single.load_state_dict(double.state_dict())
    scores = (torch.randn(length, TAG_SET.n_tags) * 3 + shift).requires_grad_()
    exact = scores.detach().double().requires_grad_()
    gold = one_hot(gold_tags(length))
    loss = single(scores, gold, [length], TAG_SET.transitions)
    expected = double(exact, gold, [length], TAG_SET.transitions)
    loss.sum().backward()
    expected.sum().backward()
    assert_allclose(loss.item(), expected.item(), rtol=1e-5)
    assert_allclose(scores.grad, exact.grad, atol=2e-5)
    for ours, theirs in zip(single.parameters(), double.parameters()):
        assert_allclose(ours.grad, theirs.grad, atol=2e-5 * length)
    weights = Weights(*(w.detach().numpy() for w in (double.start, double.between, double.end)))
    marginals = Marginals(scores.detach().numpy(), [length], TAG_SET.transitions, weights)
    assert_allclose(exact.grad, np.exp(marginals.of_tags()) - gold.numpy(), atol=1e-9)


def test_scores_do_not_drift_in_training():
    def learn(shift):
        torch.manual_seed(0)
        crf, layer = LinearChainCRF(TAG_SET.n_tags), torch.nn.Linear(8, TAG_SET.n_tags)
        inputs, gold = torch.randn(100, 8), one_hot(gold_tags(100))
        torch.nn.init.constant_(layer.bias, shift)
        optimizer = torch.optim.Adam([*crf.parameters(), *layer.parameters()], lr=0.1)
        for _ in range(25):
            optimizer.zero_grad()
            scores = layer(inputs)
            loss = crf(scores, gold, [100], TAG_SET.transitions)
            loss.sum().backward()
            assert abs(layer.bias.grad.sum()) < 1e-4
            optimizer.step()
        return loss.item(), (scores - shift).detach()

    loss, scores = learn(-2000.0)
    expected_loss, expected = learn(0.0)
    assert loss == pytest.approx(expected_loss, rel=0.01)
    assert abs(scores.mean() - expected.mean()) < 0.05


@pytest.mark.parametrize("with_weights", [True, False])
def test_common_shifts_change_no_decision_and_no_probability(with_weights):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(500, TAG_SET.n_tags)).astype("f")
    # Multiples of 1/1024 survive the shift.
    scores = np.round(scores * 1024) / 1024
    shifts = rng.integers(-2000, 0, size=(500, 1)).astype("f")
    weights = [rng.normal(size=s).astype("f") for s in ([5], [5, 5], [5])]
    one = Weights(*weights) if with_weights else None
    other = Weights(*(w - 1000 for w in weights)) if with_weights else None
    transitions = TAG_SET.transitions
    tags = viterbi(scores, [500], transitions, one)
    assert (viterbi(scores + shifts, [500], transitions, one) == tags).all()
    probs = Marginals(scores, [500], transitions, one).of_tags()
    shifted = Marginals(scores + shifts, [500], transitions, other).of_tags()
    assert_allclose(np.exp(shifted), np.exp(probs), atol=1e-3)
