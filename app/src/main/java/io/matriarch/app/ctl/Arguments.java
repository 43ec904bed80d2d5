package io.matriarch.app.ctl;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** What was typed behind a verb. Values are texts; each reading checks, so that messages are the reference's. */
final class Arguments {

    private final ParseResult parsed;
    private final List<String> words;

    Arguments(ParseResult parsed) {
        this.parsed = parsed;
        this.words = List.copyOf(parsed.matchedPositionalValue(0, List.<String>of()));
    }

    /** A picocli model made by calls: annotations would cost the start-up time of reflection. */
    static CommandSpec model(List<Option> options) {
        CommandSpec model = CommandSpec.create();
        for (Option option : options) {
            OptionSpec.Builder builder = OptionSpec.builder(option.names().toArray(String[]::new));
            if (option.repeatable()) {
                builder.type(List.class).auxiliaryTypes(String.class).arity("1");
            } else if (option.value().isPresent()) {
                builder.type(String.class).arity("1");
            } else {
                builder.type(boolean.class).arity("0");
            }
            model.addOption(builder.build());
        }
        model.addPositional(PositionalParamSpec.builder()
                .type(List.class)
                .auxiliaryTypes(String.class)
                .index("0..*")
                .arity("0..*")
                .build());
        return model;
    }

    /** Words that are no options, in order. */
    List<String> words() {
        return words;
    }

    Optional<String> word(int index) {
        return index < words.size() ? Optional.of(words.get(index)) : Optional.empty();
    }

    List<String> wordsFrom(int index) {
        return index < words.size() ? words.subList(index, words.size()) : List.of();
    }

    boolean flag(String name) {
        return parsed.matchedOptionValue(name, false);
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(parsed.matchedOptionValue(name, (String) null));
    }

    List<String> texts(String name) {
        return new ArrayList<>(parsed.matchedOptionValue(name, List.<String>of()));
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
