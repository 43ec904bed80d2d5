# For commands that run a class of a module out of the checkout, without the image. To be sourced in its root.
# shellcheck source=bin/lib/setup.sh
. bin/lib/setup.sh

# need_classes MODULE SOURCES…: compiles the module if one of its sources, or of those named, is newer than the last time.
# Sets `java`, and `classpath` to what the module's classes need beside themselves.
need_classes() {
  local module=$1 known=$1/target/classpath
  need_jdk25 >&2
  java=$JAVA25_HOME/bin/java
  if [ ! -f "$known" ] || [ -n "$(find "$@" -name '*.java' -newer "$known" -print -quit)" ]; then
    need_maven >&2
    need_compiler >&2
    mvn -q -o -pl "$module" -am -DskipTests -Dspotless.check.skip=true test-compile \
      org.apache.maven.plugins:maven-dependency-plugin:build-classpath -Dmdep.outputFile=target/classpath >&2
  fi
  classpath=$(cat "$known")
}

# run_test_class MODULE CLASS [ARGUMENT…]: becomes a program among the tests of a module.
run_test_class() {
  local module=$1
  shift
  need_classes "$module" domain ports
  exec "$java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx256m --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow -cp "$module/target/test-classes:$module/target/classes:$classpath" "$@"
}
