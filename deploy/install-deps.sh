#!/bin/bash
# Installs the Debian packages that edgebench needs, and only those that are
# missing. Works as root or through sudo, and asks nothing.
#
#   deploy/install-deps.sh SET...
#
# Sets:
#   build   what compiles and runs the three programs
#   test    what the tests need besides
#   check   what .ci/run needs besides: clang and its sanitizers, clang-tidy, clang-format, shellcheck
set -euo pipefail

# Without an OpenBLAS, LibTorch is content with the reference BLAS, which makes
# a float32 MobileNetV2 about nine times slower. The one with OpenMP, as the threads of the other
# compete with LibTorch's: DistilBERT was four times slower with it, on two cores.
build_packages=(
  g++ cmake ninja-build ccache pkgconf
  libtorch-dev libopenblas0-openmp
  libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc libabsl-dev
  libsqlite3-dev libsqlitecpp-dev libboost-dev
  libcli11-dev libspdlog-dev nlohmann-json3-dev libssl-dev libsystemd-dev
  libarchive-dev libyaml-cpp-dev libjpeg62-turbo-dev libpng-dev zlib1g-dev
  nodejs npm
)
test_packages=(
  libgtest-dev libgmock-dev bsdextrautils chromium
  bash zsh fish groff-base mandoc
  python3 python3-torch python3-torchvision python3-jsonschema
)
check_packages=(clang libclang-rt-dev clang-tidy clang-format shellcheck)

usage() {
  sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

fail() {
  printf 'install-deps: %s\n' "$@" >&2
  exit 1
}

# Node.js that is not Debian's may bring npm along, and Debian's npm conflicts with it.
is_installed() {
  case "$1" in
    nodejs) ! command -v node >/dev/null || return 0 ;;
    npm) ! command -v npm >/dev/null || return 0 ;;
  esac
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

wanted=()
[ $# -gt 0 ] || usage
for set_name in "$@"; do
  case "$set_name" in
    build) wanted+=("${build_packages[@]}") ;;
    test) wanted+=("${test_packages[@]}") ;;
    check) wanted+=("${check_packages[@]}") ;;
    *) usage ;;
  esac
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  fail "this is no Debian: there is no apt-get here." \
    "Debian 12 is supported. Elsewhere, install what these packages hold:" \
    "  ${wanted[*]}"
fi

missing=()
for package in "${wanted[@]}"; do
  is_installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "install-deps: all ${#wanted[@]} packages are installed"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    fail "these packages are missing, and you are neither root nor is there sudo:" \
      "  ${missing[*]}" "Let root run:  apt-get update && apt-get install ${missing[*]}"
  fi
  as_root=(sudo)
fi

log="$(mktemp)"
trap 'rm -f "$log"' EXIT
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes \
    -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 "$@" >"$log" 2>&1 && return
  tail -n 20 "$log" >&2
  return 1
}

echo "install-deps: installing with apt-get, about a minute: ${missing[*]}"
# A stale or empty package list is the usual reason for "unable to locate".
apt update || fail "apt-get update failed, see above. Is the network up, are the sources right?"
apt install --no-install-recommends "${missing[@]}" ||
  fail "apt-get install failed, see above. Debian 12 and 13 have all of these packages."
