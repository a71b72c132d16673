#!/bin/sh
# Builds a base image for Dockerfile where no container registry can be reached: Debian's minimal system, made by
# debootstrap from Debian's packages, and the program of the npm package `node` that this project pins.
#
#   docker/base-image/build.sh TAG NODE_PROGRAM
#
# Needs root, debootstrap and a Docker engine.
set -eu

if [ $# -ne 2 ]; then
  echo "Usage: docker/base-image/build.sh TAG NODE_PROGRAM" >&2
  exit 64
fi
tag=$1
node_program=$2

if ! command -v debootstrap >/dev/null; then
  echo "Cannot build a base image: debootstrap is missing (Debian's package of that name)" >&2
  exit 70
fi
if [ "$(id -u)" != 0 ]; then
  echo "Cannot build a base image: debootstrap needs root" >&2
  exit 70
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 143' INT TERM

# libatomic and libstdc++ are what Node links to beyond the C library.
root=$folder/root
debootstrap --variant=minbase --include=ca-certificates,libatomic1,libstdc++6,tini bookworm "$root" >&2
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* \
  "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
install -m 755 "$node_program" "$root/usr/local/bin/node"

# A file and no pipe: the shell would not see that tar failed.
tar -C "$root" --numeric-owner -cf "$folder/root.tar" .
docker import --change 'CMD ["node"]' \
  --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
  --message 'debootstrap bookworm and node' "$folder/root.tar" "$tag" >&2
