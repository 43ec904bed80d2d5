package io.matriarch.app.ctl;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads command lines as almost all of them are: options by their whole names, values in a word of their own. What is
 * not that plain is left to picocli, which knows all forms and all errors; but its classes are too old for the JVM's
 * cache and cost 100 ms, more than the rest of a command.
 */
final class PlainParser {

    private PlainParser() {}

    /**
     * Reads a line.
     *
     * @param stopAtWord whether everything from the first word on is words, as before a verb
     * @return empty when the line is not plain, right or wrong
     */
    static Optional<ParsedLine> parse(List<Option> options, List<String> line, boolean stopAtWord) {
        Map<String, Option> byName = new HashMap<>();
        options.forEach(option -> option.names().forEach(name -> byName.put(name, option)));
        Map<String, List<String>> values = new HashMap<>();
        List<String> words = new ArrayList<>();
        for (int i = 0; i < line.size(); i++) {
            String word = line.get(i);
            if (isWord(word)) {
                if (stopAtWord) {
                    words.addAll(line.subList(i, line.size()));
                    break;
                }
                words.add(word);
                continue;
            }
            Option option = byName.get(word);
            boolean hasValue = option != null && option.value().isPresent();
            if (option == null || hasValue && (i + 1 == line.size() || !isWord(line.get(i + 1)))) {
                return Optional.empty();
            }
            List<String> given = values.computeIfAbsent(option.key(), _ -> new ArrayList<>());
            if (hasValue) {
                if (!option.repeatable()) {
                    // The last one counts.
                    given.clear();
                }
                given.add(line.get(++i));
            }
        }
        return Optional.of(new ParsedLine(values, words));
    }

    private static boolean isWord(String text) {
        return !text.isEmpty() && text.charAt(0) != '-';
    }
}
