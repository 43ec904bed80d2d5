package io.matriarch.app.ctl;

import java.util.List;

/** The choices of {@code --format}. */
enum Format {
    PRETTY,
    TOPOLOGY,
    TSV,
    JSON,
    YAML;

    static final List<String> NAMES = List.of("pretty", "tsv", "json", "yaml", "yml");

    /** A format by its name; {@code topology} is no choice but a verb. */
    static Format named(String name) {
        return switch (name) {
            case "tsv" -> TSV;
            case "json" -> JSON;
            case "yaml", "yml" -> YAML;
            default -> PRETTY;
        };
    }
}
