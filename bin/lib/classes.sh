# For commands that are programs among the tests of a module. To be sourced in the root of the checkout.

# run_test_class MODULE CLASS [ARGUMENT…]: compiles the module if its sources are newer, then becomes the class.
run_test_class() {
  local module=$1 classpath=$1/target/test-classpath java=java home
  shift
  if [ ! -f "$classpath" ] || [ -n "$(find domain ports "$module" -name '*.java' -newer "$classpath" -print -quit)" ]; then
    mvn -q -o -pl "$module" -am -DskipTests -Dspotless.check.skip=true test-compile \
      org.apache.maven.plugins:maven-dependency-plugin:build-classpath -Dmdep.outputFile=target/test-classpath \
      -DincludeScope=test >&2
  fi
  for home in "${JAVA25_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/jdk*; do
    if grep -q '^JAVA_VERSION="25' "$home/release" 2>/dev/null; then
      java=$home/bin/java
      break
    fi
  done
  exec "$java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx256m --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow \
    -cp "$module/target/test-classes:$module/target/classes:$(cat "$classpath")" "$@"
}
