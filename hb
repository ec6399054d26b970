#!/bin/sh
# heartbeat's one script: sets up, builds, runs and tests. Nothing else needs to be typed.
#
#   ./hb up [OPTIONS]       build what is missing and start heartbeat (dashboard on http://127.0.0.1:8080)
#   ./hb test [--full]      build and run every test (release, then asan+ubsan; --full adds what takes long and the other presets)
#   ./hb build [PRESET]     build (release by default; dev, asan, ubsan, tsan)
#   ./hb bench [NAME]       build and run the micro-benchmarks, or the one of that name
#   ./hb fmt                format the C++ sources
#   ./hb tidy [FILE...]     look at the C++ sources, or those of the names, with clang-tidy
#   ./hb help               this text
set -eu
cd "$(dirname "$0")"
root=$(pwd)
cache="$root/.cache"
jobs=$(nproc 2>/dev/null || echo 2)

say() { printf '\033[1mhb:\033[0m %s\n' "$*" >&2; }
die() { printf 'hb: %s\n' "$*" >&2; exit 1; }

# --- what the build needs -----------------------------------------------------------------------------
# One package a word, as Debian 12 names it. NOTICE lists what is linked.
build_packages="g++ cmake ninja-build pkg-config ccache ca-certificates nodejs npm python3 python3-pip
  librocksdb-dev librdkafka-dev libboost1.81-dev libsimdjson-dev libicu-dev libxxhash-dev libzstd-dev zlib1g-dev libavro-dev
  libspdlog-dev libfmt-dev libcli11-dev libtomlplusplus-dev libcurl4-openssl-dev libssl-dev prometheus-cpp-dev
  rapidjson-dev libmimalloc-dev libgtest-dev libgmock-dev libbenchmark-dev"
test_packages="python3-venv curl jq chromium libyaml-cpp-dev git openjdk-17-jre-headless maven kcat"

duckdb_package="@duckdb/node-bindings-linux-x64@1.5.6-r.1"
duckdb_sha256="1b9f82478539bb9a1d1df44bd103121a12ae52142c07158dc52b97d2ec1d69ff"
openvino_package="openvino==2026.4.1"
openvino_sha256="2d22b1da03f7caf74df30e9f6417d0ab2f637e4a38e08e1dcd294d2c37407aaf"

# A tool that is there already, from wherever it came, is not installed again: Debian's npm and another node
# exclude each other.
has_tool() {
  case $1 in
    nodejs) command -v node ;;
    ninja-build) command -v ninja ;;
    python3-pip) python3 -m pip --version ;;
    openjdk-17-jre-headless) command -v java ;;
    maven) command -v mvn ;;
    npm|git|kcat|curl|jq|cmake|ccache|g++|pkg-config|python3|chromium) command -v "$1" ;;
    *) return 1 ;;
  esac >/dev/null 2>&1
}

missing_packages() {
  for name in "$@"; do
    has_tool "$name" && continue
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || printf '%s ' "$name"
  done
}

# need_packages LABEL PACKAGE...: installs those that are not there.
need_packages() {
  label=$1; shift
  if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    # Another system: we cannot install there; say exactly what is needed, once.
    [ -f "$cache/not-debian" ] && return 0
    mkdir -p "$cache"
    echo "$*" | tr -s ' \n' '\n\n' | sed 's/^/  /' >&2
    touch "$cache/not-debian"
    die "this is not Debian 12, so $label packages are not installed for you. The list above names them as Debian does;
    install their like, then run the same command again."
  fi
  list=$(missing_packages "$@")
  [ -n "$list" ] || return 0
  say "installing Debian packages for $label: $list"
  sudo=""
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || die "run this once as root: apt-get install -y --no-install-recommends $list"
    sudo=sudo
  fi
  mkdir -p "$cache"
  if ! { $sudo apt-get update -qq &&
      $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $list; } \
      >"$cache/apt.log" 2>&1; then
    tail -n 20 "$cache/apt.log" >&2
    die "apt-get failed (the whole log is .cache/apt.log). Needed: $list"
  fi
}

need_duckdb() {
  [ "$(uname -m)" = x86_64 ] || die "the pinned DuckDB library is for x86_64, this machine is $(uname -m)"
  stamp="$cache/duckdb/$duckdb_sha256"
  [ -f "$stamp" ] && [ -f "$cache/duckdb/libduckdb.so" ] && return 0
  say "fetching DuckDB 1.5.6 (24 MB)"
  work="$cache/duckdb.part"
  rm -rf "$work"; mkdir -p "$work"
  archive=$(cd "$work" && npm pack --silent "$duckdb_package") || die "npm could not fetch $duckdb_package"
  echo "$duckdb_sha256  $work/$archive" | sha256sum -c --status ||
    die "$duckdb_package has another checksum than the pinned one ($duckdb_sha256): not used"
  tar xzf "$work/$archive" -C "$work" --strip-components=1 package/libduckdb.so
  rm -f "$work/$archive"
  touch "$work/$duckdb_sha256"
  rm -rf "$cache/duckdb"; mv "$work" "$cache/duckdb"
}

# What transformers run in. heartbeat does without until one is asked for, so no network is no reason not to build.
need_openvino() {
  [ "$(uname -m)" = x86_64 ] || { say "the pinned OpenVINO is for x86_64: no transformers on this machine"; return 1; }
  stamp="$cache/openvino/$openvino_sha256"
  [ -f "$stamp" ] && return 0
  say "fetching OpenVINO 2026.4.1 (59 MB), which runs transformers"
  work="$cache/openvino.part"
  rm -rf "$work"; mkdir -p "$work/wheel"
  # The wheel for one Python, whichever is here: nothing of it is run by Python.
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --implementation cp \
    --python-version 3.11 --abi cp311 --platform manylinux_2_28_x86_64 --dest "$work/wheel" "$openvino_package" ||
    { say "pip could not fetch $openvino_package: no transformers"; return 1; }
  echo "$openvino_sha256  $(ls "$work"/wheel/*.whl)" | sha256sum -c --status ||
    die "$openvino_package has another checksum than the pinned one ($openvino_sha256): not used"
  # The CPU's part alone, and the licences of what is inside.
  python3 - "$work" <<'EOF' || die "the wheel of OpenVINO is not as expected"
import pathlib, sys, zipfile
work = pathlib.Path(sys.argv[1])
wanted = {"libopenvino.so.2641", "libopenvino_c.so.2641", "libopenvino_intel_cpu_plugin.so", "libopenvino_onnx_frontend.so.2641", "libtbb.so.12"}
with zipfile.ZipFile(next(work.glob("wheel/*.whl"))) as wheel:
    for name in wheel.namelist():
        path = pathlib.PurePosixPath(name)
        if (name.startswith("openvino/libs/") and path.name in wanted) or ("/licenses/" in name and not name.endswith("/")):
            wanted.discard(path.name)
            target = work / path.name if name.startswith("openvino/libs/") else work / "licenses" / path.name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(wheel.read(name))
sys.exit(bool(wanted))
EOF
  rm -rf "$work/wheel"
  touch "$work/$openvino_sha256"
  rm -rf "$cache/openvino"; mv "$work" "$cache/openvino"
}

# The dashboard's bundle: made again when a source of it is newer.
need_web() {
  [ -f web/package.json ] || return 0
  newest=$(find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -newer web/dist/index.html -print 2>/dev/null | head -n 1)
  [ -f web/dist/index.html ] && [ -z "$newest" ] && return 0
  say "building the dashboard"
  (cd web && { [ -d node_modules ] && [ node_modules -nt package-lock.json ] ||
      { npm ci --silent --no-audit --no-fund && touch node_modules; }; } && npm run --silent build) \
    || die "the dashboard did not build"
}

need_build() { need_packages "the build" $build_packages; need_duckdb; need_openvino || true; need_web; }

# Python for the tests that compare with other people's programs.
need_venv() {
  need_packages "the tests" $test_packages
  make_venv tests tests/requirements.txt
  # transformers wants an older tokenizers than the one that we compare with.
  make_venv transformers tests/neural/requirements.txt
}

# make_venv NAME FILE: .cache/venv/NAME has the packages of FILE
make_venv() {
  [ -f "$2" ] || return 0
  venv="$cache/venv/$1"
  sum=$(sha256sum <"$2" | cut -d' ' -f1)
  [ -f "$venv/$sum" ] && return 0
  say "making the tests' Python environment ($1)"
  rm -rf "$venv"; mkdir -p "$cache/venv"
  python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$2" ||
    die "the tests' Python packages could not be installed ($2)"
  touch "$venv/$sum"
}

# Kafka and a schema registry. Without them their tests are skipped, each with the reason.
need_servers() {
  python3 tests/servers/servers.py fetch >"$cache/servers.log" 2>&1 || say "$(tail -n 1 "$cache/servers.log")"
}

need_web_tests() {
  [ -f tests/web/package.json ] || return 0
  [ -d tests/web/node_modules ] && [ tests/web/node_modules -nt tests/web/package-lock.json ] && return 0
  say "installing the browser tests' packages"
  (cd tests/web && npm ci --silent --no-audit --no-fund && touch node_modules) || die "npm ci failed in tests/web"
}

# --- commands -------------------------------------------------------------------------------------------
# build PRESET [TARGET...]
build() {
  preset=$1; shift
  case $preset in release|dev|asan|ubsan|tsan) ;; *) die "unknown preset '$preset': release, dev, asan, ubsan or tsan";; esac
  export CCACHE_DIR="${CCACHE_DIR:-$cache/ccache}"
  # What ccache asks of those who use a precompiled header; it watches the header itself.
  export CCACHE_SLOPPINESS=pch_defines,time_macros
  # Sanitizers make GCC see warnings that are not there, so only the other presets turn them into errors.
  werror=OFF
  case $preset in release|dev) [ -z "${CI:-}" ] || werror=ON;; esac
  if [ ! -f "build/$preset/build.ninja" ] || [ "${CI:-}" ]; then
    cmake --preset "$preset" -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DHB_WERROR=$werror >"build-$preset.log" 2>&1 ||
      { cat "build-$preset.log" >&2; rm -f "build-$preset.log"; die "cmake could not configure"; }
    rm -f "build-$preset.log"
  fi
  cmake --build --preset "$preset" -j "$jobs" ${*:+--target} "$@"
}

run_tests() {
  preset=$1; shift
  say "tests: $preset"
  ctest --preset "$preset" -j "$jobs" "$@"
}

command=${1:-help}
[ $# -gt 0 ] && shift
case $command in
  up)
    need_build
    [ -x build/release/heartbeat ] || say "first build: about ten minutes on two cores"
    build release heartbeat >&2
    exec build/release/heartbeat up "$@"
    ;;
  build)
    need_build
    build "${1:-release}"
    ;;
  test)
    full=no
    for option in "$@"; do case $option in --full) full=yes;; *) die "unknown option '$option' (only --full)";; esac; done
    need_build; need_openvino || die "the tests of transformers need it"; need_venv; need_servers; need_web_tests
    [ -d ../shared/data ] || say "no ../shared/data beside this folder: cases that need it are left out, each says so"
    build release all
    if [ $full = yes ]; then run_tests release; else run_tests release -LE 'full-only'; fi
    build asan all
    run_tests asan -LE 'release-only'
    if [ $full = yes ]; then
      build tsan all; run_tests tsan -LE 'release-only'
      build ubsan all; run_tests ubsan -LE 'release-only'
      build dev all; run_tests dev -LE 'release-only'
    fi
    ;;
  bench)
    need_build
    build release ${1:-hb_benches}
    if [ -n "${1:-}" ]; then exec "build/release/$1"; fi
    for bench in build/release/*_bench; do say "$(basename "$bench")"; "$bench"; done
    ;;
  fmt)
    need_packages "formatting" clang-format
    git ls-files 'src/*.h' 'src/*.cc' 'tests/*.cc' | xargs clang-format -i
    ;;
  tidy)
    need_build; need_packages "clang-tidy" clang-tidy
    build release all
    if [ $# = 0 ]; then set -- $(git ls-files 'src/*.cc'); fi
    printf '%s\n' "$@" | xargs -P "$jobs" -n 4 nice clang-tidy -p build/release --quiet
    ;;
  help|-h|--help)
    sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p;}' "$0"
    ;;
  *) die "unknown command '$command' (./hb help lists them)";;
esac
