# SPDX-License-Identifier: MIT
# What scripts/run, scripts/test and .ci/run share: packages and the build. Sourced, not run.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${POSTROOM_BUILD:-$top/build}

say () { printf '%s\n' "$*" >&2; }
die () { say "postroom: $*"; exit 1; }

# The packages of the kinds named ("build run"), by this system's names.
package_names () {
  local column=$1 kinds=" ${*:2} "
  awk -v kinds="$kinds" -v column="$column" \
    '!/^#/ && NF >= 3 && index(kinds, " " $1 " ") { print $column }' "$top/scripts/packages"
}

as_root () {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "these packages are missing and need an administrator to install them: $missing"
  fi
}

# A mail server that a test starts for itself must not also start as a service of the system.
without_services () {
  local policy=/usr/sbin/policy-rc.d
  if [ -e "$policy" ]; then "$@"; return; fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy"
  local status=0
  "$@" || status=$?
  as_root rm -f "$policy"
  return $status
}

install_debian () {
  local name
  missing=
  for name in $(package_names 2 "$@"); do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] \
      || missing="$missing $name"
  done
  # Another mail transport agent would have to go for Postfix to come: the person's one stays.
  if [[ "$missing " == *" postfix "* ]] && [ -x /usr/sbin/sendmail ]; then
    say "postroom: another mail server is installed, so the tests with Postfix will be skipped"
    missing=${missing/ postfix/}
  fi
  [ -n "$missing" ] || return 0
  say "postroom: installing$missing"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || die "the package lists cannot be fetched"
  # shellcheck disable=SC2086
  without_services as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $missing >&2 \
    || die "these packages could not be installed:$missing"
}

install_fedora () {
  local name
  missing=
  for name in $(package_names 3 "$@"); do
    rpm -q --quiet --whatprovides "$name" || missing="$missing $name"
  done
  [ -n "$missing" ] || return 0
  say "postroom: installing$missing"
  # shellcheck disable=SC2086
  as_root dnf install -y -q --setopt=install_weak_deps=False $missing >&2 \
    || die "these packages could not be installed:$missing"
}

# install_packages build run test: installs what is missing of these kinds, and only that.
install_packages () {
  if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then install_debian "$@"
  elif command -v rpm >/dev/null && command -v dnf >/dev/null; then install_fedora "$@"
  else
    say "postroom: neither apt nor dnf is here; trusting that these are installed:"
    say "$(package_names 2 "$@" | tr '\n' ' ')"
  fi
}

# build_postroom DIRECTORY [meson options]: configures what has not been, or not so; builds always.
build_postroom () {
  local directory=$1 told=$1/options-told
  shift
  if [ ! -f "$directory/build.ninja" ]; then
    meson setup "$directory" "$top" "$@" >&2 || die "the build could not be configured"
    printf '%s\n' "$*" >"$told"
  elif [ $# -gt 0 ] && [ "$(cat "$told" 2>/dev/null)" != "$*" ]; then
    meson configure "$directory" "$@" >&2 || die "the build could not be configured"
    printf '%s\n' "$*" >"$told"
  fi
  ninja -C "$directory" >&2 || die "the build failed"
}

# on_display COMMAND…: with a display and a session bus of its own.
on_display () {
  NO_AT_BRIDGE=1 GTK_A11Y=test LIBGL_ALWAYS_SOFTWARE=1 \
    xvfb-run -a -s '-screen 0 1280x900x24' dbus-run-session -- "$@"
}

# run_tests DIRECTORY [meson test options]: prints the tests, leaves the counts in $passed, $failed
# and $skipped.
run_tests () {
  local directory=$1 status=0
  shift
  rm -f "$directory"/meson-logs/testlog.*
  on_display meson test -C "$directory" --no-rebuild --print-errorlogs "$@" || status=$?
  read -r passed failed skipped < <(python3 "$top/scripts/count-tests" \
    "$directory/meson-logs" "$status")
}
