#!/bin/sh
# The same posts through heartbeat and through a plain Python consumer with TextBlob and SQLite, in one run.
# usage: bench/peers/run.sh FILE [ROWS=20000]      prints JSON with both rates and their ratio
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -ge 1 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
[ -f "$1" ] || { echo "run.sh: there is no file $1" >&2; exit 2; }
heartbeat=${HEARTBEAT:-$root/build/release/heartbeat}
python=$root/.cache/venv/tests/bin/python
[ -x "$heartbeat" ] || { echo "run.sh: build first: ./hb build" >&2; exit 1; }
[ -x "$python" ] || { echo "run.sh: ./hb test makes the Python environment that this needs (.cache/venv/tests)" >&2; exit 1; }
exec python3 "$root/bench/peers/compare.py" "$heartbeat" "$python" "$1" "${2:-20000}"
