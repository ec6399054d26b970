"""The exported graph computes what BERT computes, written out here in numpy. Skipped where onnx or onnxruntime is missing."""
import math

import numpy as np
import pytest

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("tokenizers")

import export

WORDS, OUTPUTS = 200, 5


@pytest.fixture(scope="module")
def weights():
    generator = np.random.default_rng(1)

    def draw(*shape, spread=0.05, centre=0.0):
        return (centre + spread * generator.standard_normal(shape)).astype(np.float32)

    found = {"embedding.word": draw(WORDS, 384, spread=1.0), "embedding.position": draw(512, 384),
             "embedding.norm.scale": draw(384, centre=1.0), "embedding.norm.bias": draw(384),
             "head.weight": draw(384, OUTPUTS + 2, spread=0.3), "head.bias": draw(OUTPUTS + 2),
             "head_meaning.weight": draw(384, 384), "head_meaning.bias": draw(384),
             "head_tags.weight": draw(384, 15, spread=0.3), "head_tags.bias": draw(15)}
    for layer in range(6):
        for name, shape in {"qkv": (384, 1152), "mix": (384, 384), "up": (384, 1536), "down": (1536, 384)}.items():
            found[f"layer.{layer}.{name}.weight"] = draw(*shape)
            found[f"layer.{layer}.{name}.bias"] = draw(shape[1])
        for name in ("mix_norm", "down_norm"):
            found[f"layer.{layer}.{name}.scale"] = draw(384, centre=1.0)
            found[f"layer.{layer}.{name}.bias"] = draw(384)
    return found


def reference(weights, tokens):
    """States of one text's tokens, without padding."""
    def dense(x, name):
        return x @ weights[name + ".weight"] + weights[name + ".bias"]

    def norm(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * weights[name + ".scale"] + weights[name + ".bias"]

    x = norm(weights["embedding.word"][tokens] + weights["embedding.position"][:len(tokens)], "embedding.norm")
    for layer in range(6):
        name, mixed = f"layer.{layer}.", []
        query, key, value = np.split(dense(x, name + "qkv"), 3, 1)
        for part in (slice(start, start + 32) for start in range(0, 384, 32)):
            score = np.exp(query[:, part] @ key[:, part].T / math.sqrt(32))
            mixed.append(score / score.sum(1, keepdims=True) @ value[:, part])
        x = norm(x + dense(np.concatenate(mixed, 1), name + "mix"), name + "mix_norm")
        inner = dense(x, name + "up")
        inner = 0.5 * inner * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
        x = norm(x + dense(inner, name + "down"), name + "down_norm")
    return x


def run(model, ids, mask, output="logits"):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run([output], {"input_ids": ids, "attention_mask": mask})[0]


IDS = np.array([[101, 7, 42, 9, 77, 102], [101, 5, 102, 0, 0, 0]])
MASK = np.array([[1] * 6, [1, 1, 1, 0, 0, 0]])
COLUMNS = [0, 1, 2, 4, 6]


def states(weights):
    return reference(weights, IDS[0]), reference(weights, IDS[1, :3])


def expected(weights, head="head"):
    pooled = np.stack([part.mean(0) for part in states(weights)])
    found = pooled @ weights[head + ".weight"] + weights[head + ".bias"]
    return found[:, COLUMNS] if head == "head" else found


def test_fp32_is_exact_and_padding_does_not_count(weights):
    found = run(export.Writer(weights, "fp32").write(COLUMNS), IDS, MASK)
    assert np.abs(found - expected(weights)).max() < 1e-4
    assert np.abs(expected(weights)).max() > 1


def test_meanings_and_tags_are_exact(weights):
    model = export.Writer(weights, "fp32").write(COLUMNS)
    found, wanted = run(model, IDS, MASK, "meaning"), expected(weights, "head_meaning")
    assert np.abs(found - wanted).max() < 2e-3 * np.abs(wanted).max()  # Its matrix is kept in half precision.
    tags = run(model, IDS, MASK, "tokens")
    assert tags.shape == (2, 6, 15)
    for row, part in enumerate(states(weights)):
        wanted = part @ weights["head_tags.weight"] + weights["head_tags.bias"]
        assert np.abs(tags[row, :len(part)] - wanted).max() < 1e-4


def test_weights_without_the_later_heads_still_export(weights):
    kept = {name: value for name, value in weights.items() if not name.startswith("head_")}
    assert [output.name for output in export.Writer(kept, "fp32").write(COLUMNS).graph.output] == ["logits", "pooled"]
    assert [output.name for output in export.Writer(kept, "fp32").write(None).graph.output] == ["pooled"]


@pytest.mark.parametrize("form", ["int8", "static8", "weights8"])
def test_quantised_forms_are_near(weights, form):
    ranges = export.input_ranges(weights, COLUMNS, [IDS[0].tolist(), IDS[1, :3].tolist()])
    model = export.Writer(weights, form, ranges).write(COLUMNS)
    assert model.ByteSize() < 13_000_000
    found = run(model, IDS, MASK)
    spread = np.abs(expected(weights)).mean()
    assert np.abs(found - expected(weights)).max() < 0.5 * spread


def test_quantize_keeps_the_scale_of_each_column():
    matrix = np.array([[1.0, -100.0], [0.5, 50.0]], np.float32)
    values, scale = export.quantize(matrix, axis=1)
    assert values.dtype == np.int8
    assert np.abs(values * scale - matrix).max() <= 0.5 * scale.max()
    assert scale.tolist() == pytest.approx([1 / 127, 100 / 127])
