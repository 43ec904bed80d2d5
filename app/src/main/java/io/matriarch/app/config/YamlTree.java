package io.matriarch.app.config;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.emitter.Emitter;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.serializer.Serializer;

/**
 * YAML 1.1 as the reference reads and writes it. The node tree is turned into plain values here and not by the
 * library's constructor, because the two disagree on what a number is and because no class may ever be named by a file.
 */
public final class YamlTree {

    private static final int MAX_CHARACTERS = 4 * 1024 * 1024;
    private static final int MAX_DEPTH = 100;
    private static final int MAX_ALIASES = 200;
    /** A few aliases of aliases are enough to fill any memory; nobody's configuration has this many values. */
    private static final int MAX_VALUES = 500_000;

    private static final int FOLD_AT = 200;

    private YamlTree() {}

    /**
     * Reads one document.
     *
     * @return empty for an empty document
     * @throws YamlSyntaxException when it is not YAML, or bigger or deeper than a configuration can be
     */
    public static Optional<Object> load(String text) {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(MAX_CHARACTERS);
        options.setNestingDepthLimit(MAX_DEPTH);
        options.setMaxAliasesForCollections(MAX_ALIASES);
        options.setAllowDuplicateKeys(true);
        options.setProcessComments(false);
        try {
            ParserImpl parser = new ParserImpl(new StreamReader(text), options);
            Node root = new Composer(parser, YamlScalars.READING, options).getSingleNode();
            return root == null ? Optional.empty() : Optional.ofNullable(new Reading().value(root));
        } catch (MarkedYAMLException e) {
            throw new YamlSyntaxException(where(e.getProblemMark()) + e.getProblem(), e);
        } catch (YAMLException e) {
            throw new YamlSyntaxException(String.valueOf(e.getMessage()), e);
        }
    }

    private static String where(Mark mark) {
        return mark == null ? "" : "line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1) + ": ";
    }

    /** Writes a tree as the reference does: sorted keys, block style, lists not indented below their key. */
    public static String dump(Object tree) {
        DumperOptions options = new DumperOptions();
        options.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
        options.setIndent(2);
        options.setIndicatorIndent(0);
        options.setWidth(FOLD_AT);
        options.setSplitLines(true);
        options.setAllowUnicode(true);
        StringWriter out = new StringWriter();
        try {
            Serializer serializer = new Serializer(new Emitter(out, options), YamlScalars.WRITING, options, null);
            serializer.open();
            serializer.serialize(node(tree));
            serializer.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString();
    }

    private static Node node(Object value) {
        return switch (value) {
            case Map<?, ?> map -> {
                List<NodeTuple> tuples = new ArrayList<>();
                new TreeMap<>(Trees.asMap(map).orElseThrow())
                        .forEach((key, below) -> tuples.add(new NodeTuple(node(key), node(below))));
                yield new MappingNode(Tag.MAP, tuples, DumperOptions.FlowStyle.BLOCK);
            }
            case List<?> list -> {
                List<Node> items = new ArrayList<>();
                list.forEach(item -> items.add(node(item)));
                yield new SequenceNode(Tag.SEQ, items, DumperOptions.FlowStyle.BLOCK);
            }
            case null -> scalar(Tag.NULL, "null");
            case Boolean b -> scalar(Tag.BOOL, b ? "true" : "false");
            case Double d -> scalar(Tag.FLOAT, YamlScalars.written(d));
            case Float f -> scalar(Tag.FLOAT, YamlScalars.written(f.doubleValue()));
            case BigDecimal d -> scalar(Tag.FLOAT, YamlScalars.written(d.doubleValue()));
            case Number n -> scalar(Tag.INT, n.toString());
            default -> text(value.toString());
        };
    }

    /** The library would write several lines without quotes, which other readers of YAML 1.1 fold. */
    private static Node text(String text) {
        boolean odd = text.chars().anyMatch(c -> c == '\u0085' || c == '\u2028' || c == '\u2029' || c == '\ufeff');
        DumperOptions.ScalarStyle style =
                text.indexOf('\n') >= 0 ? DumperOptions.ScalarStyle.SINGLE_QUOTED : DumperOptions.ScalarStyle.PLAIN;
        return new ScalarNode(Tag.STR, text, null, null, odd ? DumperOptions.ScalarStyle.DOUBLE_QUOTED : style);
    }

    private static Node scalar(Tag tag, String text) {
        return new ScalarNode(tag, text, null, null, DumperOptions.ScalarStyle.PLAIN);
    }

    /** Turns nodes into values and counts them. */
    private static final class Reading {

        private int values;
        private int depth;

        Object value(Node node) {
            if (++values > MAX_VALUES) {
                throw new YamlSyntaxException("more than " + MAX_VALUES + " values", null);
            }
            // An alias inside of what it names leads here without end.
            if (++depth > MAX_DEPTH) {
                throw new YamlSyntaxException(where(node.getStartMark()) + "nested too deeply", null);
            }
            try {
                if (node instanceof ScalarNode scalar) {
                    return YamlScalars.read(scalar);
                }
                if (node instanceof SequenceNode sequence) {
                    return items(sequence);
                }
                if (node instanceof MappingNode mapping) {
                    return map(mapping);
                }
                throw new YamlSyntaxException(where(node.getStartMark()) + "can't be read", null);
            } finally {
                depth--;
            }
        }

        private List<Object> items(SequenceNode sequence) {
            List<Object> items = new ArrayList<>();
            sequence.getValue().forEach(item -> items.add(value(item)));
            return items;
        }

        private Map<String, Object> map(MappingNode mapping) {
            Map<String, Object> merged = new LinkedHashMap<>();
            Map<String, Object> own = new LinkedHashMap<>();
            for (NodeTuple tuple : mapping.getValue()) {
                if (tuple.getKeyNode().getTag().equals(Tag.MERGE)) {
                    merge(tuple.getValueNode(), merged);
                } else if (tuple.getKeyNode() instanceof ScalarNode key) {
                    own.put(key.getValue(), value(tuple.getValueNode()));
                } else {
                    throw new YamlSyntaxException(where(mapping.getStartMark()) + "a key is not a text", null);
                }
            }
            merged.putAll(own);
            return merged;
        }

        /** Of several merged maps the first one that has a key gives its value. */
        private void merge(Node node, Map<String, Object> into) {
            switch (node) {
                case MappingNode mapping ->
                    Trees.asMap(value(mapping)).orElseThrow().forEach(into::putIfAbsent);
                case SequenceNode sequence ->
                    sequence.getValue().forEach(each -> {
                        if (!(each instanceof MappingNode)) {
                            throw new YamlSyntaxException(
                                    where(each.getStartMark()) + "only a map can be merged", null);
                        }
                        merge(each, into);
                    });
                default -> throw new YamlSyntaxException(where(node.getStartMark()) + "only a map can be merged", null);
            }
        }
    }
}
