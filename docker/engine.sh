#!/usr/bin/env bash
# Installs and starts a Docker Engine on a bare Debian machine, and does nothing where one answers already.
# Also installs debootstrap, from which `ordeal images build` makes a base image where no registry is reachable.
set -euo pipefail

deadline_s=90
log=/var/log/ordeal-dockerd.log

say() { echo "engine.sh: $*" >&2; }

answers() { docker version --format '{{.Server.Version}}' 2>/dev/null; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
  local missing=()
  command -v dockerd >/dev/null || missing+=(docker.io)
  command -v docker >/dev/null || [ -n "${missing[*]}" ] || missing+=(docker.io)
  command -v iptables >/dev/null || missing+=(iptables)
  command -v debootstrap >/dev/null || missing+=(debootstrap)
  [ "${#missing[@]}" -eq 0 ] && return 0
  say "installing ${missing[*]}"
  as_root apt-get update -qq
  # From Debian 13 on the client is a package of its own.
  if [[ " ${missing[*]} " == *' docker.io '* ]] && apt-cache show docker-cli >/dev/null 2>&1; then
    missing+=(docker-cli)
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

start_engine() {
  if [ -d /run/systemd/system ]; then
    say 'starting the engine with systemd'
    as_root systemctl start docker
  else
    say "starting dockerd (its log is $log)"
    as_root sh -c "setsid nohup dockerd >'$log' 2>&1 </dev/null &"
  fi
}

wait_for_engine() {
  local start=$SECONDS
  until answers >/dev/null; do
    if [ $((SECONDS - start)) -ge "$deadline_s" ]; then
      say "waited $deadline_s s for the engine to answer 'docker version'; the end of its log:"
      if [ -f "$log" ]; then as_root tail -n 20 "$log" >&2; else as_root journalctl -u docker -n 20 >&2 || true; fi
      exit 1
    fi
    sleep 0.2
  done
}

install_packages
if ! answers >/dev/null; then
  start_engine
  wait_for_engine
fi
say "Docker Engine $(answers) answers"
