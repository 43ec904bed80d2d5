package io.matriarch.app.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Two parsers read one language: wherever the quick one has an answer, it is picocli's. */
class ParsersTest {

    private static final List<Option> OPTIONS = List.of(
            Option.of("TEXT", "", "-c", "--config-file"),
            Option.of("TEXT", "", "-d", "--dcs", "--dcs-url"),
            Option.flag("", "-k", "--insecure"),
            Option.list("TEXT", "", "-s", "--set"),
            Option.flag("", "-W"),
            Option.of("TEXT", "", "-conn"));
    private static final List<String> PIECES = List.of(
            "-c",
            "--config-file",
            "-d",
            "--dcs",
            "--dcs-url",
            "-k",
            "--insecure",
            "-s",
            "--set",
            "-W",
            "-conn",
            "list",
            "a=b",
            "x",
            "-",
            "--",
            "-1",
            "",
            "a b",
            "@file",
            "${HOME}",
            "\"q\"",
            "--set=1",
            "-sx",
            "--nosuch",
            "-kW");

    @Test
    @DisplayName("CTL-007 seeded lines: the quick parser agrees with picocli or leaves the line to it")
    void agree() {
        Random random = new Random(20261122);
        int answered = 0;
        for (int i = 0; i < 20_000; i++) {
            List<String> line = new ArrayList<>();
            for (int n = random.nextInt(6); n > 0; n--) {
                line.add(PIECES.get(random.nextInt(PIECES.size())));
            }
            boolean stop = random.nextBoolean();
            var quick = PlainParser.parse(OPTIONS, line, stop);
            if (quick.isPresent()) {
                answered++;
                assertThat(PicocliParser.parse(OPTIONS, line, stop))
                        .as("%s, stop %s", line, stop)
                        .isEqualTo(quick.get());
            }
        }
        assertThat(answered).isGreaterThan(2_000);
    }
}
