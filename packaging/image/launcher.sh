# What bin/matriarch and bin/matriarchctl share: sourced by both, never run by itself.
# Nothing is forked on the usual way but the check of the cache: `matriarchctl list` is to feel like a built-in.

# Sets `home` to the folder of the image and `program` to the name the operator typed.
find_home() {
  program=${1##*/}
  self=$1
  if [ -h "$self" ]; then self=$(readlink -f -- "$self"); fi
  case $self in
    /*) ;;
    *) self=$PWD/$self ;;
  esac
  home=${self%/*}
  if [ -x "${home%/*}/runtime/bin/java" ]; then home=${home%/*}; else home=$home/..; fi
}

# Notes the DCS sections at the top level of the YAML text on standard input.
note_sections() {
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      consul[:\ ]* | \"consul\"[:\ ]* | \'consul\'[:\ ]*) sections="$sections consul" ;;
      etcd[:\ ]* | \"etcd\"[:\ ]* | \'etcd\'[:\ ]*) sections="$sections etcd" ;;
      etcd3[:\ ]* | \"etcd3\"[:\ ]* | \'etcd3\'[:\ ]*) sections="$sections etcd" ;;
      raft[:\ ]* | \"raft\"[:\ ]* | \'raft\'[:\ ]*) sections="$sections raft" ;;
    esac
  done
}

# Sets `dcs` to the folder below lib/ with the client of the store this configuration names: the first in alphabetical
# order where it names several, as the program itself chooses; raft where it names none, and the program says what is missing.
choose_dcs() {
  sections=
  if [ -d "$1" ]; then
    for file in "$1"/*.yml "$1"/*.yaml; do
      if [ -f "$file" ] && [ -r "$file" ]; then note_sections <"$file"; fi
    done
  elif [ -f "$1" ] && [ -r "$1" ]; then
    note_sections <"$1"
  elif [ -n "${PATRONI_CONFIGURATION-}" ]; then
    # The whole document: the other variables do not count beside it.
    note_sections <<END
$PATRONI_CONFIGURATION
END
    first_section
    return
  fi
  case "${PATRONI_CONSUL_HOST+x}${PATRONI_CONSUL_URL+x}${PATRONI_CONSUL_PORT+x}${PATRONI_CONSUL_TOKEN+x}" in
    *x*) sections="$sections consul" ;;
  esac
  case "${PATRONI_ETCD_HOST+x}${PATRONI_ETCD_HOSTS+x}${PATRONI_ETCD_URL+x}${PATRONI_ETCD_PROXY+x}${PATRONI_ETCD_SRV+x}" in
    *x*) sections="$sections etcd" ;;
  esac
  case "${PATRONI_ETCD3_HOST+x}${PATRONI_ETCD3_HOSTS+x}${PATRONI_ETCD3_URL+x}${PATRONI_ETCD3_PROXY+x}${PATRONI_ETCD3_SRV+x}" in
    *x*) sections="$sections etcd" ;;
  esac
  first_section
}

first_section() {
  case "$sections " in
    *" consul "*) dcs=consul ;;
    *" etcd "*) dcs=etcd ;;
    *) dcs=raft ;;
  esac
}

# launch KIND MAIN_CLASS [ARGUMENT…]: becomes the program; KIND is agent or ctl, `jvm_flags` its flags, `cache_kind` whose
# class cache it takes instead of its own.
launch() {
  kind=$1
  main=$2
  shift 2
  class_path=
  while read -r jar; do
    class_path=$class_path:$home/lib/$jar
  done <"$home/lib/$kind-$dcs.classpath"

  # What these variables hold is printed by the JVM, and not meant for this one.
  unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS JDK_AOT_VM_OPTIONS
  # A second arena of malloc per thread costs 5 MB and buys nothing here.
  MALLOC_ARENA_MAX=1
  export MALLOC_ARENA_MAX

  # The JVM checks a cache's head only, and one that is damaged further down would end it. No cache costs 50 ms.
  cache=$home/lib/${cache_kind:-$kind}-$dcs.aot
  sum=
  if [ -f "$cache.sum" ]; then IFS= read -r sum <"$cache.sum"; fi
  if [ -n "$sum" ] && [ -f "$cache" ] && [ "$(cksum <"$cache" 2>/dev/null)" = "$sum" ]; then
    set -- "-XX:AOTCache=$cache" -cp "${class_path#:}" "$main" "$@"
  else
    set -- -cp "${class_path#:}" "$main" "$@"
  fi
  # Flags are words without blanks; MATRIARCH_JVM_FLAGS comes last so that it wins.
  # shellcheck disable=SC2086
  exec "$home/runtime/bin/java" -Xlog:disable -Xlog:all=off -XX:-PrintWarnings \
    --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+UseCompactObjectHeaders -XX:-UsePerfData \
    -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0 -XX:-AOTReplayTraining \
    $jvm_flags ${MATRIARCH_JVM_FLAGS-} "-Dmatriarch.home=$home" \
    "-Dmatriarch.program=$program" "-Djava.util.logging.config.file=$home/lib/logging.properties" "$@"
}
