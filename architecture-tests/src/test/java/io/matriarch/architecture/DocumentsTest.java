package io.matriarch.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.ha.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the documents say of the code, and of each other. */
class DocumentsTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("]\\(([^)#\\s]*)(#[^)\\s]*)?\\)");
    private static final Pattern HEADING = Pattern.compile("^#{1,6} (.*)$");

    @Test
    @DisplayName("every reason has a row in docs/ha-cycle.md with its sentence")
    void everyReasonIsDescribed() throws IOException {
        List<String> rows = Files.readAllLines(ROOT.resolve("docs/ha-cycle.md"));
        List<String> facts = List.of("%s", "%s", "%s");
        assertThat(Stream.of(Reason.values())
                        .map(reason -> "| `" + reason + "` | " + reason.sentence(facts) + " |")
                        .filter(row -> rows.stream().noneMatch(line -> line.startsWith(row))))
                .isEmpty();
    }

    @Test
    @DisplayName("every link between the documents leads to a file, and to a heading of it")
    void linksLeadSomewhere() throws IOException {
        List<String> broken = new ArrayList<>();
        int links = 0;
        for (Path page : pages()) {
            for (String line : prose(page)) {
                Matcher link = LINK.matcher(line);
                while (link.find()) {
                    links++;
                    if (!leadsSomewhere(page, link.group(1), link.group(2))) {
                        broken.add(ROOT.relativize(page) + ": " + link.group());
                    }
                }
            }
        }
        assertThat(links).isGreaterThan(30);
        assertThat(broken).isEmpty();
    }

    private static boolean leadsSomewhere(Path page, String file, String anchor) throws IOException {
        if (file.contains("://") || file.startsWith("mailto:")) {
            return true;
        }
        Path target = file.isEmpty() ? page : page.resolveSibling(file);
        if (!Files.exists(target)) {
            return false;
        }
        return anchor == null || Files.isRegularFile(target) && anchors(target).contains(anchor.substring(1));
    }

    /** As the usual renderers make them of headings. */
    private static Set<String> anchors(Path page) throws IOException {
        return prose(page).stream()
                .map(HEADING::matcher)
                .filter(Matcher::matches)
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    /** The lines that are no code. */
    private static List<String> prose(Path page) throws IOException {
        List<String> lines = new ArrayList<>();
        boolean fenced = false;
        for (String line : Files.readAllLines(page)) {
            if (line.strip().startsWith("```")) {
                fenced = !fenced;
            } else if (!fenced && !line.startsWith("    ")) {
                lines.add(line);
            }
        }
        return lines;
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(file -> file.toString().endsWith(".md"))
                    .filter(file -> Stream.of(ROOT.relativize(file).toString().split("/"))
                            .noneMatch(part -> part.equals("target") || part.startsWith(".")))
                    .sorted()
                    .toList();
        }
    }
}
