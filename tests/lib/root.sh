# shellcheck shell=bash
# What scripts share that make a Debian of its own and enter it: where its packages come from, and a system that is
# booted in it. To be sourced, after tests/prepare.sh.

# The Debian that this runs on.
THIS_SUITE=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
readonly THIS_SUITE

# The suite's lines of sources.list: this machine's own, for its own suite, with the other's name. Only
# Debian's: what else is in there is not bare.
sources_of() {
  local suite=$1 mirror=${DEBIAN_MIRROR:-} security
  [[ -n $mirror ]] || mirror=$(uri_of "$THIS_SUITE")
  security=$(uri_of "$THIS_SUITE-security")
  printf 'deb %s %s main\n' "${mirror:-http://deb.debian.org/debian}" "$suite"
  [[ -n ${DEBIAN_MIRROR:-} ]] && return
  [[ -z $(uri_of "$THIS_SUITE-updates") ]] || printf 'deb %s %s-updates main\n' "$(uri_of "$THIS_SUITE-updates")" "$suite"
  [[ -z $security ]] || printf 'deb %s %s-security main\n' "$security" "$suite"
}

# Where this machine's apt takes a suite from.
uri_of() {
  # shellcheck disable=SC2016 # apt's own variables
  apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -v suite="$1" '$1 == suite { sub(/\/$/, "", $2); print $2; exit }'
}

# How this machine's apt reaches its mirrors, as a configuration file; hooks and tastes stay here.
apt_settings() {
  apt-config dump | grep -E '^Acquire::(https?|ftp|tor|Check-Valid-Until|Check-Date|ForceIPv[46]|Retries|Queue-Mode)(::|[ ])' || true
}

container='' # of boot_root: systemd-nspawn,
leader=''    # and the first process in it

booted() {
  leader=$(pgrep -o -P "$container") || return 1
  [[ $(nsenter -t "$leader" -a systemctl is-system-running 2>/dev/null) == @(running|degraded) ]]
}

# boot_root ROOT LOG: without a network but its own loopback.
boot_root() {
  systemd-nspawn --quiet --register=no --keep-unit --private-network --resolv-conf=off --timezone=off \
    --machine="root-$$" --directory="$1" --boot </dev/null >"$2" 2>&1 &
  container=$!
  for _ in {1..600}; do
    if booted; then return; fi
    kill -0 "$container" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$2" >&2
  die 'the system did not boot'
}

# nspawn shuts the system in it down; one that hangs is killed.
end_root() {
  [[ -n $container ]] || return 0
  kill "$container" 2>/dev/null || true
  for _ in {1..150}; do kill -0 "$container" 2>/dev/null || break; sleep 0.1; done
  if kill -9 "$container" 2>/dev/null; then [[ -z $leader ]] || kill -9 "$leader" 2>/dev/null || true; fi
  wait "$container" 2>/dev/null || true
  container=''
}
