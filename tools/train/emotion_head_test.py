"""Tests of what emotion_head.py adds to a head. Skipped where onnx or onnxruntime is missing."""
import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("tokenizers")

import emotion_head
import metrics


def test_rows_with_one_label_of_those_asked_for():
    target = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 1, 0, 1]])
    rows, which = emotion_head.alone(target, [2, 3])
    assert rows.tolist() == [1, 3]
    assert which.tolist() == [0, 1]


def drawn(rows=4000):
    """Logits of a head that knows nothing, and of another whose second and third outputs tell the classes apart."""
    generator = np.random.default_rng(4)
    inputs = generator.standard_normal((rows, 3))
    real = np.array([[0.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, -1.0]])
    chances = metrics.softmax(inputs @ real.T + [0.0, 0.5, 0.0])
    truth = (generator.random((rows, 1)) > chances.cumsum(1)).sum(1).clip(0, 2)
    return np.zeros((rows, 3)), inputs, truth


def test_the_map_finds_what_tells_classes_apart():
    start, inputs, truth = drawn()
    values, constants = emotion_head.fit_map(start, inputs, truth, np.ones(len(truth)), 1.0)
    assert values[:, 1] - values[:, 0] == pytest.approx([0.0, 2.0, 0.0], abs=0.3)
    assert values[:, 2] - values[:, 0] == pytest.approx([0.0, 0.0, -1.0], abs=0.3)
    assert constants[1] - constants[0] == pytest.approx(0.5, abs=0.2)


def test_the_map_is_where_its_loss_is_least():
    start, inputs, truth = drawn(300)
    weight, ridge = np.linspace(0.5, 2.0, len(truth)), 7.0
    values, constants = emotion_head.fit_map(start, inputs, truth, weight, ridge)

    def loss(values, constants):
        chances = metrics.softmax(start + inputs @ values + constants)[np.arange(len(truth)), truth]
        return -(weight * np.log(chances)).sum() + 0.5 * ridge * (values ** 2).sum() + 0.5 * (constants ** 2).sum()

    least = loss(values, constants)
    generator = np.random.default_rng(2)
    for _ in range(20):
        assert loss(values + 0.01 * generator.standard_normal(values.shape), constants + 0.01 * generator.standard_normal(3)) > least


def test_a_strong_ridge_leaves_the_head_as_it_is():
    start, inputs, truth = drawn(300)
    assert np.abs(emotion_head.fit_map(start, inputs, truth, np.ones(len(truth)), 1e9)[0]).max() < 1e-4


def test_the_layer_gives_the_sum_and_other_outputs_stay():
    generator = np.random.default_rng(3)
    matrix, bias, pooled = (generator.standard_normal(shape) for shape in ((6, 7), 7, (5, 6)))
    to, come = [1, 2], [4, 5, 6]
    values, constants = generator.standard_normal((3, 2)), generator.standard_normal(2)
    before = pooled @ matrix + bias
    changed = emotion_head.add_map(matrix, bias, to, come, values, constants)
    after = pooled @ changed[0] + changed[1]
    assert after[:, to] == pytest.approx(before[:, to] + before[:, come] @ values + constants)
    rest = [0, 3, 4, 5, 6]
    assert (after[:, rest] == before[:, rest]).all()
    assert bias[1] != changed[1][1]
