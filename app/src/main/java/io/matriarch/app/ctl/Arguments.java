package io.matriarch.app.ctl;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** What was typed behind a verb. Values are texts; each reading checks, so that messages are the reference's. */
final class Arguments {

    private final ParsedLine line;

    Arguments(ParsedLine line) {
        this.line = line;
    }

    /** Words that are no options, in order. */
    List<String> words() {
        return line.words();
    }

    Optional<String> word(int index) {
        return index < words().size() ? Optional.of(words().get(index)) : Optional.empty();
    }

    List<String> wordsFrom(int index) {
        return index < words().size() ? words().subList(index, words().size()) : List.of();
    }

    /** Whether a flag was given; {@code name} is the last of its names, here and below. */
    boolean flag(String name) {
        return line.values().containsKey(name);
    }

    Optional<String> text(String name) {
        List<String> values = texts(name);
        return values.isEmpty() ? Optional.empty() : Optional.of(values.getLast());
    }

    List<String> texts(String name) {
        return line.values().getOrDefault(name, List.of());
    }

    Optional<RoleFilter> role() {
        return choice(Option.ROLE, "--role", RoleFilter.NAMES).map(RoleFilter::named);
    }

    Format format() {
        return choice(Option.FORMAT, "--format", Format.NAMES)
                .map(Format::named)
                .orElse(Format.PRETTY);
    }

    private Optional<String> choice(Option option, String name, List<String> choices) {
        Optional<String> value = text(name);
        value.filter(text -> !choices.contains(text)).ifPresent(text -> {
            throw new UsageException("Invalid value for " + option.quoted() + ": '" + text + "' is not one of '"
                    + String.join("', '", choices) + "'.");
        });
        return value;
    }

    Optional<Integer> integer(String name) {
        return text(name).map(value -> {
            try {
                return Integer.valueOf(value);
            } catch (NumberFormatException e) {
                throw new UsageException("Invalid value for '" + name + "': '" + value + "' is not a valid integer.");
            }
        });
    }

    /** Seconds between two refreshes; empty to show it once. */
    OptionalDouble refresh() {
        Optional<String> watch = text("--watch");
        if (watch.isEmpty()) {
            return flag("-W") ? OptionalDouble.of(2) : OptionalDouble.empty();
        }
        try {
            double seconds = Double.parseDouble(watch.get());
            return seconds > 0 ? OptionalDouble.of(seconds) : OptionalDouble.empty();
        } catch (NumberFormatException e) {
            throw new UsageException(
                    "Invalid value for " + Option.WATCH.quoted() + ": '" + watch.get() + "' is not a valid float.");
        }
    }
}
