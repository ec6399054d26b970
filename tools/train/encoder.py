"""MiniLM (BERT with 6 layers of 384) in TensorFlow, with several heads on the mean of its tokens, and its optimizer.

Matrix products of the dense layers run in bf16 on fp32 weights where that is faster; all else is fp32.
"""
import re

import numpy as np
import safetensors.numpy
import tensorflow as tf

WIDTH, HEADS, LAYERS, POSITIONS = 384, 12, 6, 512
EPSILON = 1e-12  # Of layer normalisation: BERT's.
WORDS = "embedding.word"


def import_pretrained(path):
    """Weights of a Hugging Face BERT file under this program's names, matrices as [in, out]."""
    source = safetensors.numpy.load_file(path)
    weights = {
        WORDS: source["embeddings.word_embeddings.weight"],
        # Every text is one segment, so its embedding is a constant: added to the positions once.
        "embedding.position": source["embeddings.position_embeddings.weight"] + source["embeddings.token_type_embeddings.weight"][0],
        "embedding.norm.scale": source["embeddings.LayerNorm.weight"],
        "embedding.norm.bias": source["embeddings.LayerNorm.bias"],
    }
    parts = {"mix": "attention.output.dense", "up": "intermediate.dense", "down": "output.dense"}
    for layer in range(LAYERS):
        old, new = f"encoder.layer.{layer}.", f"layer.{layer}."
        three = [old + "attention.self." + part for part in ("query", "key", "value")]
        weights[new + "qkv.weight"] = np.concatenate([source[name + ".weight"].T for name in three], 1)
        weights[new + "qkv.bias"] = np.concatenate([source[name + ".bias"] for name in three])
        for part, name in parts.items():
            weights[new + part + ".weight"] = source[old + name + ".weight"].T
            weights[new + part + ".bias"] = source[old + name + ".bias"]
        for part, name in {"mix_norm": "attention.output.LayerNorm", "down_norm": "output.LayerNorm"}.items():
            weights[new + part + ".scale"] = source[old + name + ".weight"]
            weights[new + part + ".bias"] = source[old + name + ".bias"]
    return {name: np.ascontiguousarray(value, np.float32) for name, value in weights.items()}


def add_heads(weights, outputs, tags, seed):
    """Heads on the mean (`head`), on each token (`head_tags`), and the map of the mean to what it was before training (`head_meaning`)."""
    generator = np.random.default_rng([seed, 7])
    weights["head.weight"] = (generator.standard_normal((WIDTH, outputs)) * 0.02).astype(np.float32)
    weights["head.bias"] = np.zeros(outputs, np.float32)
    weights["head_tags.weight"] = (generator.standard_normal((WIDTH, tags)) * 0.02).astype(np.float32)
    weights["head_tags.bias"] = np.zeros(tags, np.float32)
    weights["head_meaning.weight"] = np.eye(WIDTH, dtype=np.float32)
    weights["head_meaning.bias"] = np.zeros(WIDTH, np.float32)
    return weights


class Encoder(tf.Module):
    """The network. Requires: `weights` as import_pretrained and add_heads make them."""

    def __init__(self, weights, dropout=0.0, bf16=True):
        super().__init__()
        self.values = {name: tf.Variable(value, name=re.sub(r"\W", "_", name)) for name, value in weights.items()}
        self.dropout, self.product_type = dropout, tf.bfloat16 if bf16 else tf.float32

    def numpy(self):
        return {name: value.numpy() for name, value in self.values.items()}

    def assign(self, weights):
        for name, value in weights.items():
            self.values[name].assign(value)

    def _dense(self, x, name):
        product = tf.matmul(tf.cast(x, self.product_type), tf.cast(self.values[name + ".weight"], self.product_type))
        return tf.cast(product, tf.float32) + self.values[name + ".bias"]

    def _norm(self, x, name):
        centred = x - tf.reduce_mean(x, -1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), -1, keepdims=True)
        return centred * tf.math.rsqrt(variance + EPSILON) * self.values[name + ".scale"] + self.values[name + ".bias"]

    def _drop(self, x, training):
        return tf.nn.dropout(x, self.dropout) if training and self.dropout else x

    def _attend(self, x, name, rows, tokens, mask):
        qkv = tf.reshape(self._dense(x, name + "qkv"), [rows, tokens, 3, HEADS, WIDTH // HEADS])
        query, key, value = tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4]))
        score = tf.matmul(query * (WIDTH // HEADS) ** -0.5, key, transpose_b=True) + mask
        mixed = tf.transpose(tf.matmul(tf.nn.softmax(score), value), [0, 2, 1, 3])
        return self._dense(tf.reshape(mixed, [-1, WIDTH]), name + "mix")

    def outputs(self, ids, lengths, training):
        """Outputs of all heads, [rows, outputs]; meanings, [rows, WIDTH]; tags, [rows, tokens, tags]."""
        rows, tokens = tf.shape(ids)[0], tf.shape(ids)[1]
        real = tf.sequence_mask(lengths, tokens, tf.float32)
        mask = ((1.0 - real) * -1e4)[:, None, None, :]
        x = tf.gather(self.values[WORDS], ids) + self.values["embedding.position"][:tokens]
        x = self._drop(tf.reshape(self._norm(x, "embedding.norm"), [-1, WIDTH]), training)
        for layer in range(LAYERS):
            name = f"layer.{layer}."
            x = self._norm(x + self._drop(self._attend(x, name, rows, tokens, mask), training), name + "mix_norm")
            inner = self._dense(tf.nn.gelu(self._dense(x, name + "up"), approximate=False), name + "down")
            x = self._norm(x + self._drop(inner, training), name + "down_norm")
        x = tf.reshape(x, [rows, tokens, WIDTH])
        mean = tf.reduce_sum(x * real[:, :, None], 1) / tf.reduce_sum(real, 1)[:, None]
        return (tf.matmul(self._drop(mean, training), self.values["head.weight"]) + self.values["head.bias"],
                tf.matmul(mean, self.values["head_meaning.weight"]) + self.values["head_meaning.bias"],
                tf.matmul(self._drop(x, training), self.values["head_tags.weight"]) + self.values["head_tags.bias"])


def head_losses(logits, target, weight, heads):
    """Each head's loss, summed over rows by their weights."""
    each = []
    for entry in heads.entries:
        part = heads.slices[entry["name"]]
        if entry["kind"] == "one":
            row = -tf.reduce_sum(target[:, part] * tf.nn.log_softmax(logits[:, part]), 1)
        else:
            # Summed and scaled so that a row with its one or two labels weighs about what a softmax head's row weighs.
            row = 0.25 * tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(target[:, part], logits[:, part]), 1)
        each.append(tf.reduce_sum(row * weight[:, heads.index[entry["name"]]]))
    return each


def meaning_loss(found, vectors):
    """1 - cosine of each row; a row without a vector (zeros) counts nothing."""
    there = tf.reduce_sum(tf.square(vectors), 1)
    return tf.reduce_sum(there * (1.0 - tf.reduce_sum(tf.math.l2_normalize(found, 1) * vectors, 1)))


def tag_loss(logits, bits):
    """How unlikely each word's tag is to be one of those its bits allow, summed; places without bits count nothing.

    Tsuboi et al., "Training conditional random fields using incomplete annotations", COLING 2008, without the chain.
    """
    tags = tf.shape(logits)[-1]
    allowed = tf.bitwise.bitwise_and(tf.bitwise.right_shift(bits[:, :, None], tf.range(tags)), 1)
    likely = tf.reduce_logsumexp(tf.where(allowed == 1, logits, -1e9), 2) - tf.reduce_logsumexp(logits, 2)
    return -tf.reduce_sum(tf.where(bits != 0, likely, 0.0))


def loss_of(found, wanted, heads, recipe):
    """Mean over rows of the weighted losses, and the sum of each head's losses, last of meanings and of tags.

    `wanted`: target, weight, vectors, bits.
    """
    (logits, meanings, tags), (target, weight, vectors, bits) = found, wanted
    each = head_losses(logits, target, weight, heads)
    each += [recipe["meaning"]["weight"] * meaning_loss(meanings, vectors), recipe["tagger"]["weight"] * tag_loss(tags, bits)]
    each = tf.stack(each)
    return tf.reduce_sum(each) / tf.cast(tf.shape(logits)[0], tf.float32), each


class Adam:
    """Adam with decoupled weight decay, its own rate for each layer, and sparse steps for the word table."""

    def __init__(self, encoder, settings, prefix=""):
        """Weights whose names do not begin with `prefix` stay as they are."""
        self.encoder, self.settings = encoder, settings
        self.names = [name for name in encoder.values if name.startswith(prefix)]
        self.first = {name: tf.Variable(tf.zeros_like(encoder.values[name])) for name in self.names}
        self.second = {name: tf.Variable(tf.zeros_like(encoder.values[name])) for name in self.names}
        self.factor = {name: self._factor(name) for name in self.names}

    def _factor(self, name):
        if name.startswith("head_meaning"):  # Starts where it should end.
            return 1.0
        if name.startswith("head"):
            return self.settings["head_rate_factor"]
        layer = int(name.split(".")[1]) if name.startswith("layer") else -1
        return self.settings["layer_decay"] ** (LAYERS - 1 - layer)

    def state(self):
        return ({"first." + name: value.numpy() for name, value in self.first.items()} |
                {"second." + name: value.numpy() for name, value in self.second.items()})

    def assign(self, state):
        for name in self.names:
            self.first[name].assign(state["first." + name])
            self.second[name].assign(state["second." + name])

    def apply(self, gradients, rate, step):
        """One step; inside a tf.function. `step` counts from 1."""
        beta1, beta2, tiny = 0.9, 0.999, 1e-6
        scale = tf.minimum(1.0, self.settings["clip"] / (tf.linalg.global_norm(gradients) + 1e-6))
        power1, power2 = tf.pow(beta1, step), tf.pow(beta2, step)
        for name, gradient in zip(self.names, gradients):
            value, rate_here = self.encoder.values[name], rate * self.factor[name]
            if name == WORDS and isinstance(gradient, tf.IndexedSlices):
                self._apply_sparse(value, gradient, scale, rate_here * tf.sqrt(1 - power2) / (1 - power1), tiny)
                continue
            gradient = tf.convert_to_tensor(gradient) * scale
            if value.shape.rank == 2 and not name.startswith("embedding"):
                value.assign_sub(rate_here * self.settings["weight_decay"] * value)
            tf.raw_ops.ResourceApplyAdam(
                var=value.handle, m=self.first[name].handle, v=self.second[name].handle, beta1_power=power1, beta2_power=power2,
                lr=rate_here, beta1=beta1, beta2=beta2, epsilon=tiny, grad=gradient)

    def _apply_sparse(self, value, gradient, scale, rate, tiny):
        rows, place = tf.unique(tf.reshape(gradient.indices, [-1]))
        total = tf.math.unsorted_segment_sum(gradient.values, place, tf.shape(rows)[0]) * scale
        first = tf.gather(self.first[WORDS], rows) * 0.9 + total * 0.1
        second = tf.gather(self.second[WORDS], rows) * 0.999 + tf.square(total) * 0.001
        self.first[WORDS].scatter_update(tf.IndexedSlices(first, rows))
        self.second[WORDS].scatter_update(tf.IndexedSlices(second, rows))
        value.scatter_sub(tf.IndexedSlices(rate * first / (tf.sqrt(second) + tiny), rows))


def make_step(encoder, adam, heads, recipe):
    """The compiled training step: (ids, lengths, target, weight, vectors, bits, rate, step) -> loss, loss by head."""
    matrix, number = tf.TensorSpec([None, None], tf.float32), tf.TensorSpec([], tf.float32)
    ids, lengths = tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32)

    @tf.function(input_signature=[ids, lengths, matrix, matrix, matrix, ids, number, number])
    def step(ids, lengths, target, weight, vectors, bits, rate, count):
        with tf.GradientTape() as tape:
            loss, each = loss_of(encoder.outputs(ids, lengths, True), (target, weight, vectors, bits), heads, recipe)
        adam.apply(tape.gradient(loss, [encoder.values[name] for name in adam.names]), rate, count)
        return loss, each

    return step


def make_forward(encoder):
    """The compiled network: (ids, lengths) -> logits, meanings, tags."""
    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32)])
    def forward(ids, lengths):
        return encoder.outputs(ids, lengths, False)

    return forward
