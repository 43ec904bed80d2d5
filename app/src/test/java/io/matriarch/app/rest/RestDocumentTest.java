package io.matriarch.app.rest;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.app.docs.Document;
import jakarta.ws.rs.Path;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The page of the REST API and what is served. */
class RestDocumentTest {

    private static final Document PAGE = Document.read("rest-api.md");

    @Test
    @DisplayName("every path a resource has is in docs/rest-api.md")
    void everyPathIsDescribed() throws IOException, URISyntaxException {
        List<String> served = new ArrayList<>();
        for (Class<?> resource : resources()) {
            served.addAll(paths(resource.getAnnotation(Path.class).value()));
        }
        assertThat(served).contains("/patroni", "/switchover", "/failover", "/metrics");
        assertThat(served.stream().filter(path -> !PAGE.quotes(path)).sorted()).isEmpty();
    }

    @Test
    @DisplayName("every method and path that passes the gate is in the table of endpoints of docs/rest-api.md")
    void everyMethodIsDescribed() {
        List<String> rows = PAGE.section("Endpoints")
                .lines()
                .filter(line -> line.startsWith("| "))
                .toList();
        List<String> missing = new ArrayList<>();
        Gate.RESOURCES.forEach((method, segments) -> segments.forEach(segment -> {
            boolean described = rows.stream()
                    .anyMatch(row ->
                            List.of(row.split("\\|")[1].strip().split(", ")).contains(method)
                                    && row.contains("`/" + segment + "`"));
            if (!described) {
                missing.add(method + " /" + segment);
            }
        }));
        assertThat(missing).isEmpty();
    }

    /** What {@code /{a: b|c}} stands for. */
    private static List<String> paths(String template) {
        int colon = template.indexOf(':');
        return colon < 0
                ? List.of(template)
                : Stream.of(template.substring(colon + 1, template.length() - 1)
                                .strip()
                                .split("\\|"))
                        .map(name -> "/" + name)
                        .toList();
    }

    private static List<Class<?>> resources() throws IOException, URISyntaxException {
        var folder = java.nio.file.Path.of(Gate.class.getResource("Gate.class").toURI())
                .getParent();
        try (Stream<java.nio.file.Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith("Resource.class"))
                    .<Class<?>>map(name -> load(name.substring(0, name.length() - ".class".length())))
                    .filter(type ->
                            Optional.ofNullable(type.getAnnotation(Path.class)).isPresent())
                    .toList();
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(Gate.class.getPackageName() + "." + name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
