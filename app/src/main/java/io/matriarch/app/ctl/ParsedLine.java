package io.matriarch.app.ctl;

import java.util.List;
import java.util.Map;

/**
 * Options and words of a command line.
 *
 * @param values what was given for each option, by the last one of its names; a flag has an empty list
 * @param words what is no option, in order
 */
record ParsedLine(Map<String, List<String>> values, List<String> words) {

    ParsedLine {
        values = Map.copyOf(values);
        words = List.copyOf(words);
    }
}
