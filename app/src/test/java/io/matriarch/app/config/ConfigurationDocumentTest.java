package io.matriarch.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.app.docs.Document;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The page of the configuration and the keys the agent knows. */
class ConfigurationDocumentTest {

    private static final String DYNAMIC = "bootstrap.dcs.";
    private static final List<String> TAGS = List.of(
            "nofailover",
            "failover_priority",
            "noloadbalance",
            "clonefrom",
            "replicatefrom",
            "nostream",
            "nosync",
            "sync_priority");

    @Test
    @DisplayName("every key the agent knows is in docs/configuration.md")
    void everyKeyIsDescribed() {
        Document page = Document.read("configuration.md");
        List<String> known = new ArrayList<>(KnownKeys.STORES);
        KnownKeys.SECTIONS.forEach((section, keys) -> keys.forEach(key -> known.add(described(section, key))));
        TAGS.forEach(tag -> known.add("tags." + tag));
        assertThat(known.stream().filter(key -> !page.quotes(key)).sorted()).isEmpty();
    }

    /** The dynamic keys stand there as edit-config names them, those of the three users once. */
    private static String described(String section, String key) {
        String path = section.isEmpty() ? key : section + "." + key;
        String dynamic = path.startsWith(DYNAMIC) ? path.substring(DYNAMIC.length()) : path;
        return dynamic.replaceFirst("^(postgresql\\.authentication)\\.\\w+\\.", "$1.<user>.");
    }
}
