package io.matriarch.adapters.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Role;
import io.matriarch.domain.postgres.ControlData;
import io.matriarch.domain.postgres.StopMode;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.slot.SlotChange;
import io.matriarch.ports.postgres.StopOrder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The control file read without a tool says what pg_controldata says, or nothing.
 *
 * <p>The samples are files that servers of three formats wrote after a promotion, each with what its own pg_controldata
 * said of it and the bytes up to the checksum.
 */
final class ControlFileTest {

    private static final String BYTES = "bytes: ";
    private static final int FORMAT = 8;
    private static final int STATE = 16;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "13-in-archive-recovery",
                "13-shut-down",
                "17-in-archive-recovery",
                "17-shut-down",
                "18-in-archive-recovery",
                "18-shut-down"
            })
    @DisplayName("PG-082 every format known is read as its own pg_controldata reads it")
    void formats(String name) throws Exception {
        ControlFile told = ControlFile.parse(sample(name));

        assertThat(ControlFileReader.decode(bytes(name))).contains(told);
        assertThat(told.settings())
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "max_connections", 101,
                        "max_worker_processes", 9,
                        "max_wal_senders", 11,
                        "max_prepared_xacts", 3,
                        "max_locks_per_xact", 65));
        ControlData data = told.data().orElseThrow();
        assertThat(data.checkpointTimeline()).isEqualTo(new Timeline(2));
        assertThat(data.minimumRecoveryEnd().isZero()).isEqualTo(data.state() != ControlData.State.IN_ARCHIVE_RECOVERY);
    }

    @Test
    @DisplayName("PG-082 a file with any bit of it changed, or cut off anywhere, is not interpreted")
    void damaged() throws Exception {
        byte[] whole = bytes("18-shut-down");
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] changed = whole.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(ControlFileReader.decode(changed)).as("bit %d", bit).isEmpty();
        }
        for (int length = 0; length < whole.length; length++) {
            assertThat(ControlFileReader.decode(Arrays.copyOf(whole, length)))
                    .as("length %d", length)
                    .isEmpty();
        }
        assertThat(ControlFileReader.decode(new byte[512])).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1201, 1301, 1900, 0x14050000, -1})
    @DisplayName("PG-082 another format is left to the tool, whatever its checksum")
    void unknownFormat(int format) throws Exception {
        assertThat(ControlFileReader.decode(changed(bytes("17-shut-down"), FORMAT, format)))
                .isEmpty();
    }

    @Test
    @DisplayName("PG-082 what the tool calls untrustworthy is not believed")
    void damagedForTheTool() throws Exception {
        Path directory = directory(bytes("13-shut-down"));
        PgBinaries binaries = binaries();
        assertThat(ControlFile.read(binaries, directory)).contains(ControlFile.parse(sample("13-shut-down")));

        byte[] damaged = bytes("13-shut-down");
        damaged[100] ^= 1;
        write(directory, damaged);
        assertThat(ControlFile.byTool(binaries, directory)).isEmpty();
        assertThat(ControlFile.read(binaries, directory)).isEmpty();

        Files.write(directory.resolve("global/pg_control"), new byte[200]);
        assertThat(ControlFile.read(binaries, directory)).isEmpty();
        Files.delete(directory.resolve("global/pg_control"));
        assertThat(ControlFile.read(binaries, directory)).isEmpty();
    }

    @Test
    @DisplayName("PG-082 the file of a real server says the same as the tool in every state it passes through")
    void everyState() throws Exception {
        try (var cluster = new Cluster(folder)) {
            Instance a = cluster.member("srv-1").ready();
            assertSame(a, ControlData.State.IN_PRODUCTION);
            Instance.done(a.control.changeSlots(List.of(new SlotChange.CreatePhysical("srv_2"))));
            Instance b = cluster.member("srv-2").cloneOf(a);
            assertSame(b, ControlData.State.IN_ARCHIVE_RECOVERY);
            stop(b, StopMode.FAST);
            assertSame(b, ControlData.State.SHUT_DOWN_IN_RECOVERY);
            Instance.done(b.control.startStandby(a.upstream(), Role.REPLICA, Instance.LONG));
            Instance.done(b.control.promote(List.of()));
            b.await("a primary", view -> view.timeline().equals(new Timeline(2)));
            Instance.done(b.control.checkpoint());
            assertSame(b, ControlData.State.IN_PRODUCTION);
            stop(b, StopMode.FAST);
            assertSame(b, ControlData.State.SHUT_DOWN);
            everyNumber(b);
            inCrashRecovery(a);
        }
    }

    /** The startup process waits for what comes out of a pipe where it expects the next segment of WAL. */
    private static void inCrashRecovery(Instance server) throws Exception {
        Instance.done(server.control.checkpoint());
        String next = server.sql("SELECT pg_walfile_name(pg_switch_wal() + 16 * 1024 * 1024)");
        server.sql("CREATE TABLE written (i int)");
        stop(server, StopMode.IMMEDIATE);
        Path segment = server.data.resolve("pg_wal").resolve(next);
        assertThat(segment).exists();
        Files.move(segment, server.home.resolve(next));
        assertThat(Subprocess.run(List.of("mkfifo", segment.toString()), Subprocess.inherited())
                        .isOk())
                .isTrue();

        server.control.startPrimary(Duration.ofMillis(1));
        server.await(
                "crash recovery",
                view -> view.controlData()
                        .map(ControlData::state)
                        .equals(Optional.of(ControlData.State.IN_CRASH_RECOVERY)));
        assertSame(server, ControlData.State.IN_CRASH_RECOVERY);
    }

    /** Also the states that pass too quickly to be met, and a number that stands for none. */
    private void everyNumber(Instance stopped) throws Exception {
        byte[] file = Files.readAllBytes(stopped.data.resolve("global/pg_control"));
        PgBinaries binaries = stopped.server.settings().binaries();
        for (int number = 0; number <= 7; number++) {
            Path directory = directory(changed(file, STATE, number));
            ControlFile told = ControlFile.byTool(binaries, directory).orElseThrow();
            assertThat(ControlFileReader.read(directory))
                    .as("state number %d", number)
                    .isEqualTo(number == 7 ? Optional.empty() : Optional.of(told));
            assertThat(ControlFile.read(binaries, directory)).contains(told);
        }
    }

    private static void assertSame(Instance server, ControlData.State state) {
        // A checkpoint may fall between the two looks: then the next two agree.
        Optional<ControlFile> read = Optional.empty();
        Optional<ControlFile> told = Optional.empty();
        for (int look = 0; look < 10 && (read.isEmpty() || !read.equals(told)); look++) {
            read = ControlFileReader.read(server.data);
            told = ControlFile.byTool(server.server.settings().binaries(), server.data);
        }
        assertThat(read).isPresent().isEqualTo(told);
        assertThat(read.flatMap(ControlFile::data).map(ControlData::state)).contains(state);
    }

    private static void stop(Instance server, StopMode mode) {
        server.control.stop(new StopOrder(mode, false, Optional.of(Duration.ofSeconds(30)), "the test stops it"));
    }

    /** With a checksum that fits. */
    private static byte[] changed(byte[] file, int position, int value) {
        ByteBuffer bytes = ByteBuffer.wrap(file.clone()).order(ByteOrder.LITTLE_ENDIAN);
        int length = bytes.getInt(FORMAT) >= 1800 ? 292 : 288;
        bytes.putInt(position, value);
        var checksum = new CRC32C();
        checksum.update(bytes.array(), 0, length);
        bytes.putInt(length, (int) checksum.getValue());
        return bytes.array();
    }

    private Path directory(byte[] control) throws IOException {
        Path directory = Files.createTempDirectory(folder, "d");
        Files.createDirectory(directory.resolve("global"));
        Files.writeString(directory.resolve("PG_VERSION"), "15\n");
        write(directory, control);
        return directory;
    }

    private static void write(Path directory, byte[] control) throws IOException {
        Files.write(directory.resolve("global/pg_control"), Arrays.copyOf(control, 8192));
    }

    private static PgBinaries binaries() throws IOException {
        return new PgBinaries(Instance.binDirectory(), Map.of());
    }

    private static byte[] bytes(String name) throws IOException {
        return HexFormat.of()
                .parseHex(sample(name)
                        .lines()
                        .filter(line -> line.startsWith(BYTES))
                        .findFirst()
                        .orElseThrow()
                        .substring(BYTES.length()));
    }

    private static String sample(String name) throws IOException {
        try (var stream = ControlFileTest.class.getResourceAsStream("/pg_control/" + name + ".txt")) {
            return new String(stream.readAllBytes(), StandardCharsets.US_ASCII);
        }
    }
}
