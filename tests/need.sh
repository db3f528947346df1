# need COMMAND PACKAGE: installs a Debian package where the command it brings is missing.
need() {
  command -v "$1" >/dev/null 2>&1 || install_package "$2" "$1"
}

install_package() {
  echo "installing $1 (for $2)" >&2
  local sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq && $sudo apt-get install -y -qq "$1" >/dev/null
}

# python_with REQUIREMENTS: prints the python of a virtual environment with exactly these packages; makes it where it is
# missing or the file has changed. Fails where the packages cannot be had: no test is left out in silence.
python_with() {
  need python3 python3
  python3 -c "import ensurepip, venv" 2>/dev/null || install_package python3-venv "python's venv"
  local made
  made="target/python-$(cksum <"$1" | tr ' ' -)"
  if [ ! -e "$made/ready" ]; then
    rm -rf "$made"
    python3 -m venv "$made" >&2
    "$made/bin/pip" install --quiet --disable-pip-version-check -r "$1" >&2
    touch "$made/ready"
  fi
  echo "$made/bin/python"
}

# Built together with the examples, as `cargo test` builds them: one set of dependencies, compiled once.
build() { cargo build --locked --quiet --bins --examples; }
toolkit() { build && "${CARGO_TARGET_DIR:-target}/debug/toolkit" "$@"; }

# small_model FOLDER CLASSIFIER: trains FOLDER/CLASSIFIER.safetensors on every eighth article of data/, which takes seconds.
small_model() {
  mkdir -p "$1"
  sed "s#^articles/#$PWD/data/articles/#" data/labels.csv | sed -n '1p;2~8p' >"$1/labels.csv"
  toolkit train "$1/labels.csv" --folds 2 --classifier "$2" --output "$1/$2.safetensors" >"$1/$2.txt"
}
