package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.ports.postgres.StopOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The end of WAL records against pg_waldump's opinion of where the next one begins. */
final class WalReaderTest {

    private static final Pattern RECORD =
            Pattern.compile("len \\(rec/tot\\):\\s*(\\d+)/\\s*(\\d+).*lsn: ([0-9A-F/]+),");

    @TempDir
    Path folder;

    @ParameterizedTest(name = "segments of {0} MB")
    @ValueSource(ints = {1, 16})
    @DisplayName("SAF-060 PG-085 every record ends where the next one begins, over pages and segments")
    void endsWhereTheNextBegins(int megabytes) throws Exception {
        try (var cluster = new Cluster(folder)) {
            Instance server = cluster.member("srv1");
            var options = new ArrayList<>((List<?>) server.bootstrap.get("initdb"));
            server.bootstrap.put("initdb", concat(options, Map.of("wal-segsize", megabytes)));
            server.initialized();
            String begin = server.sql("SELECT pg_current_wal_insert_lsn()");
            server.sql(
                    "CREATE TABLE t AS SELECT i, repeat(md5(i::text), 40) AS text FROM generate_series(1, 3000) AS i");
            server.sql("SELECT pg_switch_wal()");
            server.sql("CREATE TABLE u AS SELECT * FROM t");
            server.control.stop(new StopOrder(StopMode.FAST, false, Optional.empty(), "the test reads its WAL"));
            Lsn checkpoint = server.observe().controlData().orElseThrow().checkpoint();
            List<Lsn> starts = starts(server, begin);

            assertThat(starts).hasSizeGreaterThan(3000).last().isEqualTo(checkpoint);
            var reader = new WalReader(server.data);
            int crossed = 0;
            for (int i = 0; i + 1 < starts.size(); i++) {
                Lsn end = reader.endOfRecord(Timeline.FIRST, starts.get(i)).orElseThrow();
                Lsn next = starts.get(i + 1);
                // A record never begins with a page: the page's header does. A switch record leaves the segment's rest.
                long header = next.value() % (megabytes << 20) == 40 ? 40 : next.value() % 8192 == 24 ? 24 : 0;
                boolean switched = next.value() % (megabytes << 20) == 40 && end.value() < next.value() - 40;
                crossed += end.value() / 8192 != starts.get(i).value() / 8192 ? 1 : 0;
                assertThat(switched || end.equals(next) || end.value() == next.value() - header)
                        .as("record at %s ends at %s, the next begins at %s", starts.get(i), end, next)
                        .isTrue();
            }
            assertThat(crossed).isGreaterThan(100);
            Lsn end = reader.endOfRecord(Timeline.FIRST, checkpoint).orElseThrow();
            assertThat(end.isAfter(checkpoint)).isTrue();
            assertThat(endByWaldump(server, checkpoint)).isEqualTo(end);
            assertThat(reader.endOfRecord(new Timeline(9), checkpoint)).isEmpty();
            assertThat(reader.endOfRecord(Timeline.FIRST, end)).isEmpty();
        }
    }

    private static List<Object> concat(List<?> options, Object more) {
        var all = new ArrayList<Object>(options);
        all.add(more);
        return all;
    }

    private static List<Lsn> starts(Instance server, String begin) {
        var starts = new ArrayList<Lsn>();
        waldump(server, begin).output().lines().forEach(line -> {
            Matcher matcher = RECORD.matcher(line);
            if (matcher.find()) {
                starts.add(Lsn.parse(matcher.group(3)));
            }
        });
        return starts;
    }

    /** Where pg_waldump expected another record after the last one. */
    private static Lsn endByWaldump(Instance server, Lsn last) {
        Matcher matcher = Pattern.compile("invalid record length at ([0-9A-F/]+)")
                .matcher(waldump(server, last.toString()).error());
        assertThat(matcher.find()).isTrue();
        return Lsn.parse(matcher.group(1));
    }

    private static Subprocess.Result waldump(Instance server, String start) {
        return Subprocess.run(
                List.of(
                        server.server.settings().binaries().path("pg_waldump"),
                        "-p",
                        server.data.resolve("pg_wal").toString(),
                        "-t",
                        "1",
                        "-s",
                        start),
                Subprocess.environment(Map.of()));
    }
}
