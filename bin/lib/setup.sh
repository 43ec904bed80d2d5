# What bin/verify, bin/demo and bench/run share: finds what they need and, as root on Debian, installs what is missing.
# Sourced by bash scripts; `root` is the folder of the checkout. Nothing is asked of apt when everything is there.

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

apt_updated=
# install PACKAGE…: says what it does; without root it says what somebody has to do.
install() {
  if [ "$(id -u)" -ne 0 ]; then
    fail "missing: $*
hint: as root: apt-get install $*"
  fi
  command -v apt-get >/dev/null || fail "missing: $*; this machine has no apt-get, so install them its own way"
  say "installing: $*"
  if [ -z "$apt_updated" ]; then
    apt-get -qq -o DPkg::Lock::Timeout=120 update
    apt_updated=yes
  fi
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 \
    -o Dpkg::Use-Pty=0 install "$@" >/dev/null
}

# Prints the JDK 25 that Maven will find, or nothing. A JDK elsewhere is told to Maven by JAVA25_HOME.
find_jdk25() {
  local candidate on_path=
  if command -v javac >/dev/null; then
    on_path=$(readlink -f "$(command -v javac)")
    on_path=${on_path%/bin/javac}
  fi
  for candidate in "${JAVA25_HOME-}" "${JAVA_HOME-}" /usr/lib/jvm/* /opt/jdk* "$on_path"; do
    if [ -n "$candidate" ] && [ -x "$candidate/bin/javac" ] && [ -x "$candidate/bin/jlink" ] &&
      grep -q '^JAVA_VERSION="25[."]' "$candidate/release" 2>/dev/null; then
      printf '%s\n' "$candidate"
      return
    fi
  done
}

need_jdk25() {
  local jdk
  jdk=$(find_jdk25)
  if [ -z "$jdk" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    if [ -z "$apt_updated" ]; then
      apt-get -qq -o DPkg::Lock::Timeout=120 update
      apt_updated=yes
    fi
    if apt-cache show openjdk-25-jdk-headless >/dev/null 2>&1; then
      install openjdk-25-jdk-headless
      jdk=$(find_jdk25)
    fi
  fi
  if [ -z "$jdk" ]; then
    fail "no JDK 25 in JAVA25_HOME, JAVA_HOME, /usr/lib/jvm, /opt or PATH: install openjdk-25-jdk-headless (Debian 13 and later) or unpack one from https://adoptium.net and set JAVA25_HOME"
  fi
  export JAVA25_HOME=$jdk
}

need_maven() {
  command -v mvn >/dev/null || install maven
}

# For the guard, a program of its own.
need_compiler() {
  local missing=()
  command -v "${CC:-cc}" >/dev/null || missing+=(gcc)
  [ -f /usr/include/stdio.h ] || [ -f /usr/include/bits/stdio.h ] || missing+=(libc6-dev)
  [ ${#missing[@]} -eq 0 ] || install "${missing[@]}"
}

# Newer than the last build: sources, poms and what the image is put together from.
build_image() {
  if [ -f app/target/image/built ] && [ -z "$(find pom.xml ./*/pom.xml ./*/src/main packaging -newer app/target/image/built -type f -print -quit 2>/dev/null)" ]; then
    return
  fi
  need_maven
  need_jdk25
  need_compiler
  say "building the image (mvn package without tests)"
  mvn -B -q -ntp -Dstyle.color=never -pl app -am -DskipTests -Dspotless.check.skip package
}

# Prints the folder with the server's programs: the newest release there is.
find_postgres() {
  local folder newest=
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -V); do
    if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then newest=$folder; fi
  done
  if [ -z "$newest" ] && command -v initdb >/dev/null; then
    newest=$(readlink -f "$(command -v initdb)")
    newest=${newest%/initdb}
  fi
  printf '%s' "$newest"
}

need_postgres() {
  [ -n "$(find_postgres)" ] && return
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    # Debian's package would create a cluster and start it on port 5432.
    say "writing /etc/postgresql-common/createcluster.d/no-main-cluster.conf: no cluster is created by the package"
    mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/no-main-cluster.conf
  fi
  install postgresql
}

# need_commands COMMAND:PACKAGE…: installs the packages whose command is missing, and lets no service of theirs start.
need_commands() {
  local pair missing=() policy=/usr/sbin/policy-rc.d
  for pair in "$@"; do
    PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -eq 0 ] && [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    # In a shell of its own, so that a failure does not leave the policy behind.
    local status=0
    (install "${missing[@]}") || status=$?
    rm -f $policy
    return $status
  fi
  install "${missing[@]}"
}
