# What has to be on a fresh Debian 12 before anything else? Sourced by ./try and ./test.
#
# install_packages KIND...: installs what packages.txt lists for these kinds and is missing.
install_packages() {
  local root=() missing=() name kind
  [ "$(id -u)" = 0 ] || root=(sudo)
  while read -r name kind _; do
    case " $* " in *" $kind "*) ;; *) continue ;; esac
    dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed ||
      missing+=("$name")
  done < <(grep -v '^#' packages.txt)
  [ ${#missing[@]} = 0 ] && return 0
  echo "Installing: ${missing[*]}" >&2
  "${root[@]}" apt-get update -q >&2
  # The tests start servers of their own: keep the packages from starting theirs meanwhile.
  local policy=/usr/sbin/policy-rc.d is_ours=no status=0
  if [ ! -e $policy ]; then
    is_ours=yes
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" install -m 755 /dev/stdin $policy
  fi
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" >&2 || status=$?
  [ $is_ours = no ] || "${root[@]}" rm -f $policy
  return $status
}

# build PRESET [TARGET...]: configures and builds.
build() {
  local preset=$1
  shift
  cmake --preset "$preset" >&2
  cmake --build --preset "$preset" ${1:+--target "$@"} >&2
}

# as_root CMD...: quarrel loads BPF programs, which takes privileges.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
