package io.matriarch.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CommandLineTest {

    private static final Optional<Path> FILE = Optional.of(Path.of("a.yml"));

    private record Row(String words, CommandLine wanted) {}

    private static final List<Row> TABLE = List.of(
            new Row("", new CommandLine.Agent(Optional.empty())),
            new Row("a.yml", new CommandLine.Agent(FILE)),
            new Row("-- -odd.yml", new CommandLine.Agent(Optional.of(Path.of("-odd.yml")))),
            // Options of a mode mean nothing without it.
            new Row("-i -p --dsn host=a a.yml", new CommandLine.Agent(FILE)),
            new Row("witness a.yml", new CommandLine.Witness(FILE)),
            new Row("raft-node", new CommandLine.Witness(Optional.empty())),
            new Row("a.yml witness", new CommandLine.Wrong("unrecognized arguments: witness")),
            new Row("--version", new CommandLine.ShowVersion()),
            new Row("witness --version", new CommandLine.ShowVersion()),
            new Row("--vers --nonsense", new CommandLine.ShowVersion()),
            new Row("-h", new CommandLine.Help()),
            new Row("--help", new CommandLine.Help()),
            new Row("--validate-config a.yml", new CommandLine.Validate(FILE, true, false)),
            new Row("a.yml --validate-config", new CommandLine.Validate(FILE, true, false)),
            new Row("--validate-config", new CommandLine.Validate(Optional.empty(), true, false)),
            new Row("--validate -i a.yml", new CommandLine.Validate(FILE, false, false)),
            new Row("--validate --ignore-listen-port --print", new CommandLine.Validate(Optional.empty(), false, true)),
            new Row("--validate-config -ip a.yml", new CommandLine.Validate(FILE, false, true)),
            new Row("--generate-sample-config", new CommandLine.Generate("--generate-sample-config")),
            new Row("--generate-config --dsn=host=a a.yml", new CommandLine.Generate("--generate-config")),
            new Row(
                    "--validate-config --generate-config",
                    new CommandLine.Wrong("argument --generate-config: not allowed with argument --validate-config")),
            new Row(
                    "witness --validate-config",
                    new CommandLine.Wrong("argument --validate-config: not allowed with witness")),
            new Row("--v", new CommandLine.Wrong("ambiguous option: --v could match --version, --validate-config")),
            new Row("--print=yes", new CommandLine.Wrong("argument --print: ignored explicit argument 'yes'")),
            new Row("--generate-config --dsn", new CommandLine.Wrong("argument --dsn: expected one argument")),
            new Row("--dsn -p", new CommandLine.Wrong("argument --dsn: expected one argument")),
            new Row("--nonsense", new CommandLine.Wrong("unrecognized arguments: --nonsense")),
            new Row("-x a.yml b.yml", new CommandLine.Wrong("unrecognized arguments: -x b.yml")));

    @Test
    @DisplayName("CFG-107 two modes at once and what nobody knows are refused; options may be cut short")
    void parses() {
        for (Row row : TABLE) {
            List<String> words = Arrays.stream(row.words().split(" "))
                    .filter(word -> !word.isEmpty())
                    .toList();
            assertThat(CommandLine.parse(words)).as(row.words()).isEqualTo(row.wanted());
        }
    }
}
