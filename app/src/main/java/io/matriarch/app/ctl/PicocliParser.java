package io.matriarch.app.ctl;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Reads every form of a command line, and says what is wrong with one. */
final class PicocliParser {

    private PicocliParser() {}

    /**
     * Reads a line.
     *
     * @throws UsageException when it is none
     */
    static ParsedLine parse(List<Option> options, List<String> line, boolean stopAtWord) {
        CommandSpec model = model(options);
        model.parser().stopAtPositional(stopAtWord).expandAtFiles(false).overwrittenOptionsAllowed(true);
        model.interpolateVariables(false);
        ParseResult parsed;
        try {
            parsed = new CommandLine(model).parseArgs(line.toArray(String[]::new));
        } catch (UnmatchedArgumentException e) {
            throw new UsageException("No such option: " + e.getUnmatched().getFirst());
        } catch (MissingParameterException e) {
            throw new UsageException("Option '" + lastOption(line) + "' requires an argument.");
        } catch (ParameterException e) {
            throw new UsageException(e.getMessage());
        }
        Map<String, List<String>> values = new HashMap<>();
        for (Option option : options) {
            if (parsed.hasMatchedOption(option.key())) {
                values.put(option.key(), values(parsed, option));
            }
        }
        return new ParsedLine(values, parsed.matchedPositionalValue(0, List.<String>of()));
    }

    private static List<String> values(ParseResult parsed, Option option) {
        if (option.value().isEmpty()) {
            return List.of();
        }
        return option.repeatable()
                ? parsed.matchedOptionValue(option.key(), List.<String>of())
                : List.of(parsed.<String>matchedOptionValue(option.key(), ""));
    }

    private static CommandSpec model(List<Option> options) {
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

    private static String lastOption(List<String> line) {
        return line.stream().filter(word -> word.startsWith("-")).toList().getLast();
    }
}
