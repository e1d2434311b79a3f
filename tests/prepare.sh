# shellcheck shell=bash
# What ./demo and ./check have in common: install what is missing, build in a folder of their own.
# To be sourced. The caller sets TOP (the source tree), BUILD (the folder) and NAME (its own).

say() { printf '%s\n' "$*" >&2; }
die() { say "$NAME: $*"; exit 1; }

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

run_logged() {
  local log="$BUILD/$1.log"
  shift
  "$@" >>"$log" 2>&1 || { tail -n 30 "$log" >&2; die "failed: $* (all of it in $log)"; }
}

installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

node_is_new_enough() {
  command -v node >/dev/null && node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)'
}

# What the programs are built with.
build_packages() {
  printf '%s\n' autoconf automake pkg-config gcc libc6-dev make libfcgi-dev libcurl4-openssl-dev \
    libssl-dev libevent-dev libjansson-dev
}

# Debian's packages start their servers when they are installed, which is not what was asked for: a
# policy-rc.d that forbids it stands there meanwhile. One that exists already is the administrator's,
# and decides.
readonly POLICY=/usr/sbin/policy-rc.d
own_policy=no
forbid_services() {
  [[ -e $POLICY ]] && return
  own_policy=yes
  printf '#!/bin/sh\n# of twilio-autojoin, while it installs packages\nexit 101\n' | as_root tee "$POLICY" >/dev/null
  as_root chmod 755 "$POLICY"
}
allow_services() {
  if [[ $own_policy == yes ]]; then as_root rm -f "$POLICY"; fi
  own_policy=no
}
trap allow_services EXIT

# Installs those of the named packages that are missing.
install_missing() {
  command -v dpkg-query >/dev/null || { say "Not a Debian system: going on with what is installed."; return; }
  local missing=() package
  for package in "$@"; do
    installed "$package" || missing+=("$package")
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  if [[ $EUID -ne 0 ]] && ! command -v sudo >/dev/null; then
    die "these packages are missing, and can only be installed by root: ${missing[*]}"
  fi
  say "Installing ${missing[*]}"
  forbid_services
  run_logged install as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
  run_logged install as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
  allow_services
  for package in lighttpd apache2 nginx haproxy caddy h2o fcgiwrap; do
    if [[ " ${missing[*]} " == *" $package "* ]]; then
      say "$package was not started; where there is an init system it will be at the next boot."
    fi
  done
}

# What the package.json in a folder asks for, unless it is there; further arguments are npm's.
install_npm_packages() {
  local folder=$1 wanted
  shift
  wanted=$(cat "$folder/package.json" "$folder/package-lock.json")
  if [[ $wanted == "$(cat "$folder/node_modules/.installed" 2>/dev/null)" ]]; then return; fi
  say "Installing npm packages into ${folder#"$TOP"/}/node_modules ..."
  run_logged install npm --prefix "$folder" ci --no-audit --no-fund --ignore-scripts "$@"
  printf '%s\n' "$wanted" >"$folder/node_modules/.installed"
}

# A copy of the sources, so that neither bootstrap nor configure touches the tree that somebody
# works in (configured there, it could not even be built elsewhere).
copy_sources() {
  mkdir -p "$BUILD/source"
  if [[ -e $TOP/.git ]]; then
    # safe.directory: the clone may belong to somebody else than root.
    git -c safe.directory="$TOP" -C "$TOP" ls-files -z --cached --others --exclude-standard |
      tar -C "$TOP" --null --verbatim-files-from -T - --ignore-failed-read --warning=no-failed-read -cf - |
      tar -C "$BUILD/source" -xf -
  else
    # An unpacked release. Its configure stays behind with build-aux/ and build.h.in: bootstrap makes all three.
    tar -C "$TOP" --exclude='./build*' --exclude=./tests/node_modules --exclude='*.o' --exclude='*.a' \
      --exclude=./config.status --exclude=./configure --exclude=./Makefile --exclude=.deps -cf - . | tar -C "$BUILD/source" -xf -
  fi
}

# Builds the copy; the arguments are configure's.
build() {
  copy_sources
  cd "$BUILD/source" || die "no folder $BUILD/source"
  if [[ ! -e configure || configure.ac -nt configure || Makefile.am -nt configure ]]; then
    run_logged build ./bootstrap
  fi
  if [[ ! -e config.status || configure -nt config.status ]]; then
    run_logged build ./configure "$@"
  fi
  run_logged build make -j"$(nproc)"
  cd "$TOP" || die "no folder $TOP"
}

# An empty folder for the build's log files; what is built stays for the next time.
prepare_folder() {
  mkdir -p "$BUILD"
  [[ -w $BUILD && ! -e $BUILD/build.log || -w $BUILD/build.log ]] ||
    die "$BUILD belongs to another user, who ran this before: remove it"
  : >"$BUILD/install.log"
  : >"$BUILD/build.log"
}
