package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.ControlData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the WAL senders that keep a shutdown from ending. After its shutdown checkpoint a server waits until every
 * standby that streams has confirmed all WAL: one that hangs keeps it for wal_sender_timeout, a minute by default, while
 * nobody writes. What was to be made durable is durable by then, and says so in the control file; what the successor has
 * is asked of the successor itself.
 */
final class LingeringSenders {

    private static final Logger log = LoggerFactory.getLogger(LingeringSenders.class);
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final Duration LOOK_EVERY = Duration.ofMillis(100);

    private final Server server;
    private Deadline nextLook = Deadline.in(LOOK_EVERY);
    private Optional<Deadline> patience = Optional.empty();

    LingeringSenders(Server server) {
        this.server = server;
    }

    /** Called again and again while the server stops. */
    void look() {
        if (!nextLook.hasPassed()) {
            return;
        }
        nextLook = Deadline.in(LOOK_EVERY);
        if (patience.isEmpty()) {
            if (isShutDown()) {
                patience = Optional.of(Deadline.in(PATIENCE));
            }
        } else if (patience.get().hasPassed()) {
            patience = Optional.of(Deadline.in(PATIENCE));
            server.processes().children().stream()
                    .filter(LingeringSenders::isSender)
                    .forEach(LingeringSenders::end);
        }
    }

    private boolean isShutDown() {
        return ControlFile.read(server.settings().binaries(), server.dataDirectory())
                .flatMap(ControlFile::data)
                .map(data -> data.state() == ControlData.State.SHUT_DOWN)
                .orElse(false);
    }

    /** By its title, as PostgreSQL sets it. Only the polite end of a stop reads titles: doing so can block (SAF-031). */
    private static boolean isSender(ProcessStat process) {
        try {
            String title =
                    Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"), StandardCharsets.ISO_8859_1);
            return title.contains("walsender ");
        } catch (IOException _) {
            return false;
        }
    }

    private static void end(ProcessStat process) {
        log.warn("a standby does not confirm the last WAL, its WAL sender is ended: pid={}", process.pid());
        ServerProcesses.signal(process, Pidfd.Signal.SMART);
    }
}
