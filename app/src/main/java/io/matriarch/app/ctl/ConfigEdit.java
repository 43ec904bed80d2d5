package io.matriarch.app.ctl;

import io.matriarch.app.config.Trees;
import io.matriarch.app.config.YamlSyntaxException;
import io.matriarch.app.config.YamlTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Changes of a configuration by {@code KEY=VALUE} and by patches; each gives a new tree. */
final class ConfigEdit {

    static final String PARAMETERS = "postgresql.parameters.";

    private ConfigEdit() {}

    /**
     * Sets or, with the value {@code null}, deletes what a dotted path names. Below {@code postgresql.parameters} the
     * rest is one name, because PostgreSQL's own names have dots.
     *
     * @param pair {@code path=value}, the value being YAML
     */
    static Map<String, Object> set(Map<String, Object> tree, String pair) {
        int equals = pair.indexOf('=');
        if (equals < 0) {
            throw new CtlException("Invalid parameter setting " + pair);
        }
        return set(tree, steps(pair.substring(0, equals)), value(pair.substring(equals + 1)));
    }

    private static List<String> steps(String path) {
        if (path.startsWith(PARAMETERS)) {
            return List.of("postgresql", "parameters", path.substring(PARAMETERS.length()));
        }
        return List.of(path.split("\\.", -1));
    }

    private static Object value(String text) {
        try {
            return YamlTree.load(text).orElse(null);
        } catch (YamlSyntaxException e) {
            throw new CtlException("can not parse value '" + text + "': " + e.getMessage(), e);
        }
    }

    private static Map<String, Object> set(Map<String, Object> tree, List<String> steps, Object value) {
        Map<String, Object> changed = new LinkedHashMap<>(tree);
        String first = steps.getFirst();
        if (steps.size() == 1) {
            if (value == null) {
                changed.remove(first);
            } else {
                changed.put(first, value);
            }
            return changed;
        }
        Map<String, Object> below = Trees.asMap(tree.get(first)).orElse(Map.of());
        Map<String, Object> changedBelow = set(below, steps.subList(1, steps.size()), value);
        if (changedBelow.isEmpty()) {
            changed.remove(first);
        } else {
            changed.put(first, changedBelow);
        }
        return changed;
    }

    /** A document that is a map. */
    static Map<String, Object> document(String text, String name) {
        try {
            return YamlTree.load(text)
                    .flatMap(Trees::asMap)
                    .orElseThrow(() -> new CtlException(name + " does not contain a dictionary"));
        } catch (YamlSyntaxException e) {
            throw new CtlException("can not parse " + name + ": " + e.getMessage(), e);
        }
    }

    /** The lines of a dump, without ends of line. */
    static List<String> lines(Map<String, Object> tree) {
        List<String> lines = new ArrayList<>(List.of(YamlTree.dump(tree).split("\n", -1)));
        lines.removeLast();
        return lines;
    }
}
