# Sourced by .ci/run: makes sure that a Docker engine answers, or says loudly that none does.
#
# Installs Debian's packages and starts the engine where the machine allows it; whoever sources this stops it again with
# stop_docker_engine. On CI an engine is a must.

engine_pid=""

start_docker_engine() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    local missing=()
    # Debian's engine would replace another vendor's programs.
    docker info >/dev/null 2>&1 || command -v dockerd >/dev/null || missing+=(docker.io)
    docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null || missing+=(docker-compose)
    command -v debootstrap >/dev/null || missing+=(debootstrap)
    if [ ${#missing[@]} -gt 0 ]; then
      apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" iptables >/dev/null || true
    fi
    if ! docker info >/dev/null 2>&1 && command -v dockerd >/dev/null; then
      mkdir -p results/ci
      dockerd >results/ci/dockerd.log 2>&1 &
      engine_pid=$!
      local tries=120
      until docker info >/dev/null 2>&1 || [ $((tries -= 1)) = 0 ] || ! kill -0 "$engine_pid" 2>/dev/null; do sleep 0.5; done
    fi
  fi
  if docker info >/dev/null 2>&1; then return 0; fi
  echo "#### NO DOCKER ENGINE: clusters in containers are not tested here ####" >&2
  [ ! -f results/ci/dockerd.log ] || tail -n 5 results/ci/dockerd.log >&2
  return 1
}

stop_docker_engine() {
  [ -n "$engine_pid" ] || return 0
  kill "$engine_pid" && wait "$engine_pid" || true
}
