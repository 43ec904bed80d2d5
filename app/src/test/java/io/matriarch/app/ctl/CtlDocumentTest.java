package io.matriarch.app.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.app.docs.Document;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The page of the command line and its verbs. */
class CtlDocumentTest {

    @Test
    @DisplayName("every verb has a section in docs/matriarchctl.md, with every option it takes")
    void everyVerbIsDescribed() {
        Document page = Document.read("matriarchctl.md");
        String shared = page.section("Options of several verbs");
        List<String> missing = new ArrayList<>();
        verbs().forEach((name, verb) -> {
            String section = page.section(name);
            if (section.isBlank()) {
                missing.add(name);
            }
            verb.options().stream()
                    .flatMap(option -> option.names().stream())
                    .filter(option -> !mentions(section, option) && !mentions(shared, option))
                    .forEach(option -> missing.add(name + " " + option));
        });
        assertThat(missing).isEmpty();
    }

    @Test
    @DisplayName("every option before the verb is in docs/matriarchctl.md")
    void everyGlobalOptionIsDescribed() {
        String section = Document.read("matriarchctl.md").section("Global options");
        assertThat(CommandLine.GLOBAL.stream()
                        .flatMap(option -> option.names().stream())
                        .filter(option -> !mentions(section, option)))
                .isEmpty();
    }

    /** Under the names they are called by; what the build alone calls is nobody's business. */
    private static Map<String, Verb> verbs() {
        Map<String, Verb> verbs = new TreeMap<>();
        CommandLine.NAMES.forEach(name -> verbs.put(name, CommandLine.verb(name).orElseThrow()));
        verbs.put("syncobj_admin", new SyncobjAdminVerb());
        return verbs;
    }

    private static boolean mentions(String section, String option) {
        return section.matches("(?s).*[\\s\\[`({|]" + option + "[\\s\\]`)},|=].*");
    }
}
