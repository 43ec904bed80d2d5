package io.matriarch.app.config;

import java.math.BigInteger;
import java.util.Locale;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.resolver.Resolver;

/** What a bare word means in YAML 1.1: {@code on} is true, {@code 0644} is 420, {@code 1:30} is 90. */
final class YamlScalars {

    private static final Pattern BOOL =
            Pattern.compile("yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE" + "|on|On|ON|off|Off|OFF");
    private static final Pattern INT = Pattern.compile("[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)"
            + "|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+");
    private static final Pattern FLOAT = Pattern.compile("[-+]?[0-9][0-9_]*\\.[0-9_]*(?:[eE][-+][0-9]+)?"
            + "|\\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
            + "|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\\.[0-9_]*"
            + "|[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)");
    private static final Pattern TIMESTAMP = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}"
            + "|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \\t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]*)?"
            + "(?:[ \\t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?");
    private static final Pattern NULL = Pattern.compile("~|null|Null|NULL|");

    /** Dates stay texts when read: no key of ours is a date, and a tree has only plain values. */
    static final Resolver READING = new Words(false);

    /** A text that looks like a date must be quoted, or others read it as a date. */
    static final Resolver WRITING = new Words(true);

    private YamlScalars() {}

    static Object read(ScalarNode node) {
        String text = node.getValue();
        Tag tag = node.getTag();
        if (tag.equals(Tag.NULL)) {
            return null;
        }
        if (tag.equals(Tag.BOOL)) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "yes", "true", "on" -> true;
                default -> false;
            };
        }
        try {
            if (tag.equals(Tag.INT)) {
                return integer(text.replace("_", ""));
            }
            if (tag.equals(Tag.FLOAT)) {
                return real(text.replace("_", "").toLowerCase(Locale.ROOT));
            }
        } catch (NumberFormatException e) {
            // Such as 0x_, which the grammar lets through.
            return text;
        }
        if (tag.equals(Tag.STR) || tag.equals(Tag.TIMESTAMP) || tag.equals(Tag.MERGE)) {
            return text;
        }
        throw new YamlSyntaxException(
                "line " + (node.getStartMark().getLine() + 1) + ": the tag " + tag.getValue() + " is not known", null);
    }

    private static Number integer(String text) {
        boolean negative = text.startsWith("-");
        String digits = negative || text.startsWith("+") ? text.substring(1) : text;
        BigInteger value;
        if (digits.startsWith("0b")) {
            value = new BigInteger(digits.substring(2), 2);
        } else if (digits.startsWith("0x")) {
            value = new BigInteger(digits.substring(2), 16);
        } else if (digits.length() > 1 && digits.startsWith("0")) {
            value = new BigInteger(digits, 8);
        } else {
            value = BigInteger.ZERO;
            for (String part : digits.split(":")) {
                value = value.multiply(BigInteger.valueOf(60)).add(new BigInteger(part));
            }
        }
        return narrow(negative ? value.negate() : value);
    }

    private static Number narrow(BigInteger value) {
        if (value.bitLength() < Integer.SIZE) {
            return value.intValue();
        }
        return value.bitLength() < Long.SIZE ? (Number) value.longValue() : value;
    }

    private static Double real(String text) {
        boolean negative = text.startsWith("-");
        String digits = negative || text.startsWith("+") ? text.substring(1) : text;
        double value;
        if (digits.equals(".inf")) {
            value = Double.POSITIVE_INFINITY;
        } else if (digits.equals(".nan")) {
            value = Double.NaN;
        } else {
            value = 0;
            for (String part : digits.split(":")) {
                value = value * 60 + Double.parseDouble(part);
            }
        }
        return negative ? -value : value;
    }

    /** A real number so that YAML 1.1 reads it as one: the mantissa needs a point. */
    static String written(double value) {
        String text = Trees.text(value);
        return switch (text) {
            case "nan" -> ".nan";
            case "inf" -> ".inf";
            case "-inf" -> "-.inf";
            default -> text.contains("e") && !text.contains(".") ? text.replace("e", ".0e") : text;
        };
    }

    private static final class Words extends Resolver {

        private final boolean dates;

        Words(boolean dates) {
            this.dates = dates;
        }

        /** The library's own list takes 1e5 for a number. Its constants have the names of ours, hence the prefix. */
        @Override
        protected void addImplicitResolvers() {
            addImplicitResolver(Tag.BOOL, YamlScalars.BOOL, "yYnNtTfFoO");
            addImplicitResolver(Tag.INT, YamlScalars.INT, "-+0123456789");
            addImplicitResolver(Tag.FLOAT, YamlScalars.FLOAT, "-+0123456789.");
            addImplicitResolver(Tag.MERGE, Pattern.compile("<<"), "<");
            addImplicitResolver(Tag.NULL, YamlScalars.NULL, "~nN\0");
            addImplicitResolver(Tag.NULL, Pattern.compile("^$"), null);
        }

        @Override
        public Tag resolve(NodeId kind, String value, boolean implicit) {
            if (dates && kind == NodeId.scalar && implicit) {
                if (YamlScalars.TIMESTAMP.matcher(value).matches()) {
                    return Tag.TIMESTAMP;
                }
                if (value.equals("=")) {
                    return new Tag(Tag.PREFIX + "value");
                }
            }
            return super.resolve(kind, value, implicit);
        }
    }
}
