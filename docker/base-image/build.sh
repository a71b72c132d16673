#!/bin/sh
# Builds a base image for Dockerfile where no container registry can be reached: Debian's minimal system, made by
# debootstrap from Debian's packages, and the program of the npm package `node` that this project pins.
#
#   docker/base-image/build.sh TAG NODE_PROGRAM
#
# Needs root, debootstrap and a Docker engine on this machine.
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
trap 'rm -rf "$folder"' EXIT INT TERM

# libatomic and libstdc++ are what Node links to beyond the C library.
debootstrap --variant=minbase --include=ca-certificates,libatomic1,libstdc++6,tini bookworm "$folder" >&2
rm -rf "$folder"/var/cache/apt/* "$folder"/var/lib/apt/lists/* "$folder"/var/log/* \
  "$folder"/usr/share/doc/* "$folder"/usr/share/man/* "$folder"/usr/share/locale/*
install -m 755 "$node_program" "$folder/usr/local/bin/node"

tar -C "$folder" --numeric-owner -c . |
  docker import --change 'CMD ["node"]' --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    --message 'debootstrap bookworm and node' - "$tag" >&2
