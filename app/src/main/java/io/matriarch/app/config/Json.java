package io.matriarch.app.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * JSON texts and trees of plain values ({@code Map}, {@code List}, {@code String}, {@code Number}, {@code Boolean},
 * {@code null}). Reads token by token, because binding and reflection would cost the command line its start-up time;
 * writes by hand, because the reference escapes everything but ASCII in lower case and its members compare texts.
 */
public final class Json {

    private static final JsonFactory FACTORY = new JsonFactory();

    private Json() {}

    /** A text is no JSON. */
    public static final class SyntaxException extends Exception {
        SyntaxException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Reads one value; maps keep their order, of equal keys the last one counts.
     *
     * @return the value, Java's null for JSON's
     * @throws SyntaxException when it is no JSON, nested too deeply, or followed by something else
     */
    public static Object parse(String text) throws SyntaxException {
        try (JsonParser parser = FACTORY.createParser(text)) {
            if (parser.nextToken() == null) {
                throw new SyntaxException("no value", null);
            }
            Object value = value(parser);
            if (parser.nextToken() != null) {
                throw new SyntaxException("more than one value", null);
            }
            return value;
        } catch (JsonProcessingException e) {
            // Without the place in the source, which is of several lines.
            throw new SyntaxException(e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new SyntaxException(e.getMessage(), e);
        }
    }

    /** The value if the text is an object. */
    public static Optional<Map<String, Object>> object(String text) {
        return read(text).flatMap(Trees::asMap);
    }

    /** The value unless the text is no JSON or says null. */
    public static Optional<Object> read(String text) {
        try {
            return Optional.ofNullable(parse(text));
        } catch (SyntaxException e) {
            return Optional.empty();
        }
    }

    /** Without blanks, as values in the store are written. */
    public static String compact(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value, ",", ":");
        return out.toString();
    }

    /** One line with a blank behind each comma and colon, as people are shown it. */
    public static String spaced(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value, ", ", ": ");
        return out.toString();
    }

    private static Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                Map<String, Object> map = new LinkedHashMap<>();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    parser.nextToken();
                    map.put(name, value(parser));
                }
                yield map;
            }
            case START_ARRAY -> {
                List<Object> list = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(value(parser));
                }
                yield list;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getNumberValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            case END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
                throw new IOException("unexpected " + parser.currentToken());
        };
    }

    private static void write(StringBuilder out, Object value, String comma, String colon) {
        switch (value) {
            case null -> out.append("null");
            case Map<?, ?> map -> {
                out.append('{');
                String separator = "";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(separator);
                    quote(out, String.valueOf(entry.getKey()));
                    out.append(colon);
                    write(out, entry.getValue(), comma, colon);
                    separator = comma;
                }
                out.append('}');
            }
            case Iterable<?> list -> {
                out.append('[');
                String separator = "";
                for (Object item : list) {
                    out.append(separator);
                    write(out, item, comma, colon);
                    separator = comma;
                }
                out.append(']');
            }
            case Boolean flag -> out.append(flag);
            case Double number -> out.append(Trees.text(number));
            case Float number -> out.append(Trees.text(number));
            case BigDecimal number -> out.append(Trees.text(number));
            case Number number -> out.append(number);
            default -> quote(out, value.toString());
        }
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c >= ' ' && c <= '~') {
                        out.append(c);
                    } else {
                        out.append("\\u");
                        for (int shift = 12; shift >= 0; shift -= 4) {
                            out.append(Character.forDigit(c >> shift & 0xF, 16));
                        }
                    }
                }
            }
        }
        out.append('"');
    }
}
