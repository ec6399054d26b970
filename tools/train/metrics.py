"""Measures of a classifier, as src/model/metrics.h has them."""
import collections

import numpy as np


def per_class(truth, predicted, classes):
    """Returns recall, precision and F1 of each class; 0 where a class was never there or never said."""
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    rows = []
    for label in range(classes):
        hits = int(((truth == label) & (predicted == label)).sum())
        there, said = int((truth == label).sum()), int((predicted == label).sum())
        rows.append((hits / there if there else 0.0, hits / said if said else 0.0,
                     2 * hits / (there + said) if there + said else 0.0))
    return rows


def _mean_over_present(truth, values):
    present = set(np.asarray(truth).tolist())
    return float(np.mean([value for label, value in enumerate(values) if label in present]))


def macro_recall(truth, predicted, classes):
    return _mean_over_present(truth, [row[0] for row in per_class(truth, predicted, classes)])


def macro_f1(truth, predicted, classes):
    return _mean_over_present(truth, [row[2] for row in per_class(truth, predicted, classes)])


def accuracy(truth, predicted):
    return float((np.asarray(truth) == np.asarray(predicted)).mean())


def calibration_error(truth, probabilities, bins=10):
    """Expected calibration error over equal bins of confidence (Guo et al., ICML 2017)."""
    truth, probabilities = np.asarray(truth), np.asarray(probabilities, np.float64)
    confidence, predicted = probabilities.max(1), probabilities.argmax(1)
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for index in range(bins):
        inside = which == index
        if inside.any():
            gap = (predicted[inside] == truth[inside]).mean() - confidence[inside].mean()
            error += inside.mean() * abs(gap)
    return float(error)


def softmax(logits):
    shifted = np.asarray(logits, np.float64)
    shifted = shifted - shifted.max(-1, keepdims=True)
    exponent = np.exp(shifted)
    return exponent / exponent.sum(-1, keepdims=True)


def multilabel_f1(truth, scores, threshold=0.0):
    """Macro and micro F1 of 0/1 rows against scores over a threshold; classes without positives are left out of the mean."""
    truth, said = np.asarray(truth) > 0.5, np.asarray(scores) > threshold
    hits, there, named = (truth & said).sum(0), truth.sum(0), said.sum(0)
    each = 2 * hits / np.maximum(there + named, 1)
    return float(each[there > 0].mean()), float(2 * hits.sum() / max(there.sum() + named.sum(), 1))


def judge(logits, rows, head, heads):
    """Measures of one head on held-out rows, without and with the classes weighed equally."""
    part = heads.slices[head]
    entry = heads.entries[heads.index[head]]
    scores, truth = logits[:, part], rows.target[:, part]
    if entry["kind"] == "many":
        macro, micro = multilabel_f1(truth, scores)
        return {"macro_f1": round(macro, 4), "micro_f1": round(micro, 4)}
    truth, classes = truth.argmax(1), len(entry["labels"])
    if head == "emotion":  # No held-out post is `none` there.
        scores, classes = scores[:, :4], 4
    prior = np.log(np.maximum(np.bincount(truth, minlength=classes), 1) / len(truth))
    said, even = scores.argmax(1), (scores - prior).argmax(1)
    loss = -np.log(softmax(scores)[np.arange(len(truth)), truth]).mean()
    return {"loss": round(float(loss), 4), "recall": round(macro_recall(truth, said, classes), 4),
            "f1": round(macro_f1(truth, said, classes), 4), "recall_even": round(macro_recall(truth, even, classes), 4),
            "f1_even": round(macro_f1(truth, even, classes), 4)}


def judge_tags(logits, bits):
    """Of held-out words: the mean loss, and how often the likeliest tag is allowed where a name is and where none is."""
    loss, right = [], {True: [], False: []}
    for row, allowed in zip(logits, bits):
        for values, mask in zip(row[allowed != 0], allowed[allowed != 0]):
            open_tags = (int(mask) >> np.arange(len(values))) & 1 == 1
            loss.append(-np.log(max(softmax(values)[open_tags].sum(), 1e-12)))
            right[not open_tags[0]].append(open_tags[values.argmax()])
    return {"tag_loss": round(float(np.mean(loss)), 4), "in_names": round(float(np.mean(right[True])), 4),
            "outside": round(float(np.mean(right[False])), 4)}


def spans(labels):
    """Names as (type, begin, end): seqeval's reading, where an I after another type or after O begins a name."""
    found = []
    for place, label in enumerate(labels):
        if label == "O":
            continue
        kind = label[2:]
        if label[0] == "I" and found and found[-1][0] == kind and found[-1][2] == place:
            found[-1] = (kind, found[-1][1], place + 1)
        else:
            found.append((kind, place, place + 1))
    return found


def span_f1(truth, said):
    """Precision, recall and F1 of exact spans over posts, and F1 by type."""
    counts = collections.defaultdict(lambda: [0, 0, 0])
    for wanted, given in zip(truth, said):
        wanted, given = set(spans(wanted)), set(spans(given))
        for names, place in ((wanted & given, 0), (wanted, 1), (given, 2)):
            for kind, _, _ in names:
                counts[kind][place] += 1
    hits, there, named = (sum(values[place] for values in counts.values()) for place in range(3))
    return {"names": there, "precision": hits / max(named, 1), "recall": hits / max(there, 1), "f1": 2 * hits / max(there + named, 1),
            "by_type": {kind: 2 * values[0] / max(values[1] + values[2], 1) for kind, values in sorted(counts.items())}}
