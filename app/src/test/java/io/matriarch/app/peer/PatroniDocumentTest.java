package io.matriarch.app.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.ha.PeerAnswer;
import io.matriarch.domain.ha.Promise;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PatroniDocumentTest {

    private static final String XLOG =
            "{\"role\": \"replica\", \"timeline\": 3, \"xlog\": {\"received_location\": 900}";

    private static Promise promise(String text) {
        return ((PeerAnswer.Reachable) PatroniDocument.read(new MemberName("srv2"), text)).promise();
    }

    @Test
    @DisplayName("SAF-050 a promise is read from our own object; a member of the reference has none to give")
    void promises() {
        assertThat(promise(XLOG + "}")).isEqualTo(new Promise.Reference());
        assertThat(promise(XLOG + ", \"matriarch\": {\"version\": \"1\"}}")).isEqualTo(new Promise.None());
        assertThat(promise(
                        XLOG + ", \"matriarch\": {\"promise\": {\"epoch\": 7, \"timeline\": 3, \"position\": 900}}}"))
                .isEqualTo(new Promise.Given(7, new Timeline(3), new Lsn(900)));
    }
}
