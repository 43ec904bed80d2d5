package io.matriarch.app.config;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Formats of log lines in the reference's notation: {@code %(asctime)s %(levelname)-8s}. */
final class LogFormat {

    static final Pattern FIELD =
            Pattern.compile("%\\((\\w+)\\)([-0 +#]*)([0-9]*)(?:\\.([0-9]+))?([diouxXeEfFgGcrsa])|%%");

    private LogFormat() {}

    /** The fields a format names, in their order. */
    static List<String> fieldsOf(String format) {
        List<String> names = new ArrayList<>();
        Matcher fields = FIELD.matcher(format);
        while (fields.find()) {
            if (fields.group(1) != null) {
                names.add(fields.group(1));
            }
        }
        return names;
    }
}
