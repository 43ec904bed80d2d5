package io.matriarch.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class YamlTreeTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    record Dump(String tree, String yaml) {}

    @Test
    @DisplayName("CFG-009: words and numbers mean what YAML 1.1 says, as a PyYAML loader found")
    void readsYaml11() throws IOException {
        Object ours = YamlTree.load(resource("yaml11.yml")).orElseThrow();
        Map<?, ?> theirs = JSON.readValue(resource("yaml11.json"), Map.class);

        assertThat(Trees.asMap(ours).orElseThrow().keySet())
                .containsExactlyInAnyOrderElementsOf(
                        theirs.keySet().stream().map(String::valueOf).toList());
        theirs.forEach(
                (key, value) -> assertThat(plain(Trees.asMap(ours).orElseThrow().get(key)))
                        .as("%s", key)
                        .isEqualTo(plain(value)));
    }

    @Test
    @DisplayName("CFG-009: on and yes are true, off is false, 0644 is 420")
    void readsBooleansAndOctals() {
        assertThat(YamlTree.load("a: on\nb: yes\nc: off\nd: 0644"))
                .contains(Map.of("a", true, "b", true, "c", false, "d", 420));
    }

    @Test
    @DisplayName("dumps are those of the reference's library, byte for byte")
    void dumpsAsTheReference() throws IOException {
        List<String> different = new ArrayList<>();
        Dump[] dumps = JSON.readValue(resource("dumps.json"), Dump[].class);
        for (Dump dump : dumps) {
            String ours = YamlTree.dump(JSON.readValue(dump.tree(), Object.class));
            if (!ours.equals(dump.yaml())) {
                different.add(dump.tree() + "\n--- wanted\n" + dump.yaml() + "\n--- got\n" + ours);
            }
        }
        assertThat(dumps).hasSizeGreaterThan(250);
        assertThat(different).isEmpty();
    }

    @Test
    @DisplayName("what was dumped reads as the same tree")
    void dumpsAreReadBack() throws IOException {
        for (Dump dump : JSON.readValue(resource("dumps.json"), Dump[].class)) {
            Object tree = JSON.readValue(dump.tree(), Object.class);
            assertThat(plain(YamlTree.load(YamlTree.dump(tree)).orElse(null)))
                    .as(dump.tree())
                    .isEqualTo(plain(tree));
        }
    }

    @Test
    @DisplayName("a document that would fill the memory, or is none, is refused with its place")
    void refusesMonsters() {
        String bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                + "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                + "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
                + "g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
        for (String bad : List.of(
                bomb,
                "a: &a [*a]",
                "[".repeat(500),
                "a: !!java.lang.Runtime x",
                "a: !tag x",
                "a: [1",
                "a: b: c",
                "\tb: 1",
                "a: 1\n---\nb: 2",
                "? [x]\n: y",
                "<<: 5\na: 1",
                "a: \"\u0007\"")) {
            assertThatThrownBy(() -> YamlTree.load(bad))
                    .as(bad)
                    .isInstanceOf(YamlSyntaxException.class)
                    .hasMessageNotContaining("null");
        }
        assertThatThrownBy(() -> YamlTree.load("a: 1\nb: [1")).hasMessageContaining("line 2");
    }

    @Test
    @DisplayName("CFG-003, CFG-004: a patch merges maps, replaces the rest and removes with null")
    void patches() {
        Map<String, Object> base = tree("a: {x: 1, y: {z: 2, w: 3}}\nlist: [1, 2]\ngone: 1\nmap: {k: v}");
        Map<String, Object> patch =
                tree("a: {y: {z: 5, w: null}}\nlist: [3]\ngone: null\nmap: text\nnew: {n: null, m: 1}");

        assertThat(Trees.patch(base, patch)).isEqualTo(tree("a: {x: 1, y: {z: 5}}\nlist: [3]\nmap: text\nnew: {m: 1}"));
        assertThat(base).isEqualTo(tree("a: {x: 1, y: {z: 2, w: 3}}\nlist: [1, 2]\ngone: 1\nmap: {k: v}"));
    }

    @Test
    @DisplayName("trees are the same when their leaves print the same")
    void compares() {
        assertThat(Trees.same(tree("a: 1\nb: [x, 2]"), tree("b: [x, '2']\na: '1'")))
                .isTrue();
        assertThat(Trees.same(tree("a: true"), tree("a: 'true'"))).isFalse();
        assertThat(Trees.same(tree("a: true"), tree("a: 'True'"))).isTrue();
        assertThat(Trees.same(tree("a: 1"), tree("a: 1\nb: 1"))).isFalse();
        assertThat(Trees.same(tree("a: [1]"), tree("a: '[1]'"))).isFalse();
        assertThat(Trees.same(tree("a: 1.0"), tree("a: 1"))).isFalse();
    }

    static Map<String, Object> tree(String yaml) {
        return YamlTree.load(yaml).flatMap(Trees::asMap).orElse(Map.of());
    }

    static String resource(String name) throws IOException {
        try (var in = YamlTreeTest.class.getResourceAsStream("/config/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** One form for equal numbers. */
    private static Object plain(Object value) {
        return switch (value) {
            case Map<?, ?> map -> {
                Map<String, Object> copy = new LinkedHashMap<>();
                map.forEach((key, below) -> copy.put(String.valueOf(key), plain(below)));
                yield copy;
            }
            case List<?> list -> list.stream().map(YamlTreeTest::plain).toList();
            case Object[] array -> Arrays.stream(array).map(YamlTreeTest::plain).toList();
            case null -> "<null>";
            case Number number -> Trees.text(number);
            case Boolean flag -> flag;
            default -> value.toString();
        };
    }
}
