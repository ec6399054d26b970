#!/bin/sh
# How good a cascade is for the share of posts that its transformer reads: a table in Markdown.
#
# usage: bench/cascade.sh FILE.tsv      for example tweeteval/sentiment/val.tsv; needs build/release/heartbeat
set -eu
[ $# -eq 1 ] || { sed -n 4p "$0" >&2; exit 2; }
heartbeat="$(dirname "$0")/../build/release/heartbeat"
echo "| read by the transformer, at most | macro-recall | posts a second |"
echo "| --- | --- | --- |"
for share in 0 0.05 0.1 0.2 0.3 0.5 0.7 1; do
  "$heartbeat" eval --task sentiment --tier cascade --share "$share" --json "$1" |
    python3 -c "
import json, sys
report = json.load(sys.stdin)
print('| %d %% | %.4f | %d |' % (round(100 * $share), report['metrics']['macro_recall'], report['texts_per_second']))"
done
"$heartbeat" eval --task sentiment --tier accurate --json "$1" |
  python3 -c "
import json, sys
report = json.load(sys.stdin)
print('| all of them | %.4f | %d |' % (report['metrics']['macro_recall'], report['texts_per_second']))"
