package io.matriarch.app.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.cluster.RestartFilters;
import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.cluster.ScheduledRestart;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView.PendingParameter;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemberCodecTest {

    private static final MemberName NAME = new MemberName("pg1");

    @ParameterizedTest
    @DisplayName("DCS-004 DCS-027 DCS-028 DCS-036 DCS-082 a member's key is written as it was read")
    @ValueSource(
            strings = {
                "{\"conn_url\":\"postgres://10.0.0.1:5432/postgres\",\"api_url\":\"http://10.0.0.1:8008/patroni\","
                        + "\"state\":\"running\",\"role\":\"primary\",\"version\":\"4.1.4\","
                        + "\"checkpoint_after_promote\":false,\"xlog_location\":84300776,\"timeline\":2}",
                "{\"conn_url\":\"postgres://[::1]:5432/postgres\",\"api_url\":\"https://[::1]:8008/patroni\","
                        + "\"state\":\"running\",\"role\":\"replica\",\"version\":\"4.1.4\","
                        + "\"proxy_url\":\"postgres://[::1]:6432/postgres\",\"tags\":{\"clonefrom\":true,\"site\":\"\\u00e9\"},"
                        + "\"pending_restart\":true,\"pending_restart_reason\":{\"max_connections\":{\"old_value\":\"100\","
                        + "\"new_value\":\"110\"}},\"xlog_location\":84300776,\"replay_lsn\":84300776,"
                        + "\"receive_lsn\":84300776,\"replication_state\":\"streaming\",\"timeline\":2,"
                        + "\"scheduled_restart\":{\"schedule\":\"2030-01-01T00:00:00+00:00\",\"postmaster_start_time\":"
                        + "\"2026-11-22 21:00:00.123 UTC\",\"role\":\"replica\",\"postgres_version\":\"15.2\",\"timeout\":10,"
                        + "\"restart_pending\":true},\"pause\":true}"
            })
    void roundTrip(String text) {
        assertThat(ClusterCodec.encodeMember(MemberCodec.decode(NAME, text))).isEqualTo(text);
    }

    @Test
    @DisplayName("DCS-034 unknown fields are ignored, wrong types read as absent")
    void tolerant() {
        Member member = MemberCodec.decode(
                NAME,
                "{\"state\":7,\"role\":\"king\",\"timeline\":\"x\",\"xlog_location\":[],\"tags\":3,\"impl\":{\"a\":[1]},"
                        + "\"scheduled_restart\":\"no\",\"conn_url\":\"postgres://h:1/postgres\"}");
        assertThat(member.connUrl()).contains("postgres://h:1/postgres");
        assertThat(member.state()).isEmpty();
        assertThat(member.role()).isEmpty();
        assertThat(member.position()).isEmpty();
        assertThat(member.scheduledRestart()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "rubbish", "[1]", "null", "{\"state\":", "17"})
    @DisplayName("DCS-033 an unparsable value is a member of which only the name is known")
    void garbage(String text) {
        assertThat(MemberCodec.decode(NAME, text)).isEqualTo(Member.named(NAME));
    }

    @Test
    @DisplayName("DCS-032 the oldest form: postgres://…?application_name=<api_url>")
    void legacy() {
        Member member = MemberCodec.decode(
                NAME, "postgres://rep:secret@10.0.0.1:5432/postgres?application_name=http://10.0.0.1:8008/patroni");
        assertThat(member.connUrl()).contains("postgres://rep:secret@10.0.0.1:5432/postgres");
        assertThat(member.apiUrl()).contains("http://10.0.0.1:8008/patroni");
        assertThat(MemberUrls.ofConnUrl(member.connUrl().orElseThrow()))
                .contains(new MemberUrls.HostPort("10.0.0.1", 5432));
    }

    @Test
    void fields() {
        Member member = MemberCodec.decode(
                NAME,
                "{\"role\":\"master\",\"xlog_location\":10,\"pending_restart\":true,\"pause\":true,"
                        + "\"scheduled_restart\":{\"schedule\":\"2030-01-01T00:00:00+02:00\",\"postgres_version\":\"9.6.24\"}}");
        assertThat(member.role()).contains(Role.PRIMARY);
        assertThat(member.position()).contains(new Lsn(10));
        assertThat(member.paused()).isTrue();
        assertThat(member.pendingRestart()).containsExactly(new PendingParameter("", "", ""));
        assertThat(ClusterCodec.encodeMember(member)).contains("\"pending_restart\":true,\"xlog");
        assertThat(member.scheduledRestart())
                .contains(new ScheduledRestart(
                        Instant.parse("2029-12-31T22:00:00Z"),
                        "",
                        new RestartFilters(Optional.empty(), Optional.of(90624), false),
                        Optional.empty()));
    }

    @ParameterizedTest
    @DisplayName("CFG-086 the boolean tag wins over its priority twin")
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                          | false | 1",
                "{\"failover_priority\":0}                   | true  | 0",
                "{\"nofailover\":false,\"failover_priority\":0} | false | 0",
                "{\"nofailover\":true,\"failover_priority\":5}  | true  | 5",
                "{\"nofailover\":\"false\"}                   | true  | 1",
            })
    void tags(String tags, boolean nofailover, int priority) {
        var read = MemberCodec.decode(NAME, "{\"tags\":" + tags + "}").tags();
        assertThat(read.nofailover()).isEqualTo(nofailover);
        assertThat(read.failoverPriority()).isEqualTo(priority);
    }

    @ParameterizedTest
    @DisplayName("DCS-080 host and port of both URLs, IPv6 included")
    @CsvSource({
        "postgres://10.0.0.1:5433/postgres,10.0.0.1,5433",
        "postgres://[fe80::1]:5433/postgres,fe80::1,5433",
        "postgres://[fe80::1]/postgres,fe80::1,5432",
        "postgres://u:p@host_a/postgres,host_a,5432",
        "postgres://host?x=1,host,5432",
    })
    void connUrl(String url, String host, int port) {
        assertThat(MemberUrls.ofConnUrl(url)).contains(new MemberUrls.HostPort(host, port));
    }

    @Test
    @DisplayName("DCS-080 both URLs are written with an explicit port")
    void urls() {
        assertThat(MemberUrls.connUrl("::1", 5432, "postgres")).isEqualTo("postgres://[::1]:5432/postgres");
        assertThat(MemberUrls.apiUrl(true, "h", 8008)).isEqualTo("https://h:8008/patroni");
        assertThat(MemberUrls.ofApiUrl("https://h/patroni")).contains(new MemberUrls.HostPort("h", 443));
        assertThat(MemberUrls.ofApiUrl("http://h:99999/patroni")).isEmpty();
        assertThat(MemberUrls.ofApiUrl("http://:8008/patroni")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"16.0,160000", "9.6.24,90624", "15.18,150018"})
    void versions(String text, int number) {
        assertThat(PostgresVersion.parse(text)).contains(number);
        assertThat(PostgresVersion.text(number)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"16", "x.y", "", "1.2.3.4", "15."})
    @DisplayName("CTL-063 a lone major version is none")
    void noVersions(String text) {
        assertThat(PostgresVersion.parse(text)).isEmpty();
    }
}
