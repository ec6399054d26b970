#!/usr/bin/env python3
"""Averages the weights of two runs from the same pretrained encoder, whose recipes may have different heads. See README.md.

usage: merge.py --first FILE --first-recipe FILE --second FILE --out FILE [--share X]
Shared weights become (1 - share) x second + share x first; a head that only the second has stays as it is there.
(Wortsman et al., "Model soups", ICML 2022.)
"""
import argparse
import pathlib
import tomllib

import numpy as np
import safetensors.numpy

import data as datasets

HERE = pathlib.Path(__file__).parent


def merged(first, first_heads, second, second_heads, share):
    found = {}
    for name, value in second.items():
        if name.startswith("head_"):  # Of meanings and tags: the first run has none that learnt.
            found[name] = value
        elif name.startswith("head."):
            found[name] = value = value.copy()
            for head in first_heads.slices.keys() & second_heads.slices.keys():
                to, come = second_heads.slices[head], first_heads.slices[head]
                value[..., to] = (1 - share) * value[..., to] + share * first[name][..., come]
        else:
            found[name] = (1 - share) * value + share * first[name]
    return {name: np.ascontiguousarray(value, np.float32) for name, value in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=pathlib.Path, required=True)
    parser.add_argument("--first-recipe", type=pathlib.Path, required=True)
    parser.add_argument("--second", type=pathlib.Path, required=True)
    parser.add_argument("--share", type=float, default=0.6)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    args = parser.parse_args()
    first_heads, second_heads = (datasets.Heads(tomllib.loads(path.read_text(encoding="utf8"))["head"])
                                 for path in (args.first_recipe, HERE / "recipe.toml"))
    weights = merged(safetensors.numpy.load_file(args.first), first_heads, safetensors.numpy.load_file(args.second), second_heads, args.share)
    safetensors.numpy.save_file(weights, args.out)


if __name__ == "__main__":
    main()
