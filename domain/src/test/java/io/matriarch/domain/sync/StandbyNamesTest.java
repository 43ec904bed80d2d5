package io.matriarch.domain.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.MemberName;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StandbyNamesTest {

    private static List<MemberName> names(String... names) {
        return Arrays.stream(names).map(MemberName::new).toList();
    }

    @Test
    @DisplayName("HA-108 the text for one name, for more, in quorum mode, and where a name needs quotes")
    void text() {
        assertThat(StandbyNames.allOf(names()).text()).isEmpty();
        assertThat(StandbyNames.allOf(names("a")).text()).isEqualTo("a");
        assertThat(StandbyNames.allOf(names("b", "a")).text()).isEqualTo("2 (a,b)");
        assertThat(StandbyNames.anyOf(1, names("a")).text()).isEqualTo("ANY 1 (a)");
        assertThat(StandbyNames.anyOf(2, names("c", "b", "a")).text()).isEqualTo("ANY 2 (a,b,c)");
        assertThat(StandbyNames.anyOf(0, names("c")).text()).isEmpty();
        assertThat(StandbyNames.allOf(names("a-b")).text()).isEqualTo("\"a-b\"");
        assertThat(StandbyNames.allOf(names("any", "First", "1a", "a\"b", "a$1"))
                        .text())
                .isEqualTo("5 (\"1a\",\"First\",\"a\"\"b\",a$1,\"any\")");
    }

    @Test
    @DisplayName("HA-109, W-17 strict without standbys waits for a name that nothing has")
    void strict() {
        assertThat(StandbyNames.nobody(StandbyNames.Kind.PRIORITY).text())
                .isEqualTo("__patroni_strict_sync_replica_placeholder__");
        assertThat(StandbyNames.nobody(StandbyNames.Kind.QUORUM).text())
                .isEqualTo("ANY 1 (__patroni_strict_sync_replica_placeholder__)");
        for (String text :
                List.of("*", "ANY 1 (*)", "1 (\"*\")", "__patroni_strict_sync_replica_placeholder__", "ANY 1 (a, *)")) {
            if (!text.contains("\"")) {
                assertThat(StandbyNames.parse(text).names()).describedAs(text).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "a | PRIORITY | 1 | a",
                "a, b | PRIORITY | 1 | a,b",
                "2 (a,b) | PRIORITY | 2 | a,b",
                "FIRST 2 (b, a,c) | PRIORITY | 2 | a,b,c",
                "any 1 ( \"a-b\" , c ) | QUORUM | 1 | a-b,c",
                "ANY 3(\"a\"\"b\",x) | QUORUM | 3 | a\"b,x",
            })
    void parse(String text, StandbyNames.Kind kind, int number, String names) {
        assertThat(StandbyNames.parse(text)).isEqualTo(new StandbyNames(kind, number, names(names.split(","))));
    }

    @Test
    @DisplayName("HA-119 names are compared as PostgreSQL compares them, and spelled as the members are")
    void spelling() {
        assertThat(StandbyNames.parse("2 (SRV2,srv3)")
                        .spelledLike(names("srv2", "Srv3"))
                        .names())
                .isEqualTo(names("Srv3", "srv2"));
        assertThat(StandbyNames.parse("")).isEqualTo(StandbyNames.NONE);
    }

    @Test
    void everyTextIsReadBack() {
        for (var one : List.of(
                StandbyNames.NONE,
                StandbyNames.allOf(names("any", "b-c")),
                StandbyNames.anyOf(2, names("x", "y", "z\"")),
                StandbyNames.nobody(StandbyNames.Kind.QUORUM))) {
            assertThat(StandbyNames.parse(one.text())).isEqualTo(one);
        }
    }
}
