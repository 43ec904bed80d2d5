#!/bin/sh
# Builds the guard: build.sh OUTPUT [FLAG...]. Linked statically, for it runs on hosts that have no such libraries.
set -eu
cd "$(dirname "$0")"
output=$1
shift
compiler=${CC:-cc}
if ! command -v "$compiler" >/dev/null; then
  echo "no C compiler ($compiler) for the guard" >&2
  echo "hint: apt-get install gcc libc6-dev, or set CC" >&2
  exit 1
fi
if [ -x "$output" ] && [ -z "$(find . -type f -newer "$output" -print -quit)" ]; then
  exit 0
fi
mkdir -p "$(dirname "$output")"
if [ $# -eq 0 ]; then
  set -- -static -Os -fno-pie -no-pie -ffunction-sections -fdata-sections -Wl,--gc-sections,--build-id=none -s
fi
"$compiler" -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wconversion -Wno-sign-conversion -Werror "$@" -o "$output.new" ./*.c
mv "$output.new" "$output"
