package io.matriarch.adapters.watchdog;

import io.matriarch.adapters.watchdog.GuardMessage.Reply;
import io.matriarch.adapters.watchdog.GuardMessage.Request;
import io.matriarch.adapters.watchdog.GuardMessage.Type;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to the guard: finds it or starts it, takes it over with a higher epoch, and replaces it when it does not
 * answer. Every call has a bound. Not for two threads at once, but for {@link #aside}.
 */
final class GuardLink implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(GuardLink.class);

    private static final Duration COMING_UP = Duration.ofSeconds(2);
    private static final Duration GOING = Duration.ofMillis(500);

    private final GuardProgram program;
    private final AtomicLong seq = new AtomicLong();

    private volatile long epoch;
    private Optional<Connection> connection = Optional.empty();
    private volatile Optional<Reply> last = Optional.empty();

    /** A connection and whom it leads to. */
    private record Connection(GuardSocket socket, ProcessHandle guard) {}

    GuardLink(GuardProgram program) {
        this.program = program;
    }

    /** What it has answered last; empty while there is no guard. */
    Optional<Reply> last() {
        return last;
    }

    /**
     * Asks the guard, which is started if there is none.
     *
     * @param patience how long it may take to answer
     * @throws IOException when there is no answer, from a guard that had to be replaced neither
     */
    Reply ask(Request request, Duration patience) throws IOException {
        connect(patience, true);
        try {
            return exchange(connection.orElseThrow(), request, patience);
        } catch (IOException e) {
            log.warn("the guard does not acknowledge: {}", e.getMessage());
            close();
            connect(patience, true);
            return exchange(connection.orElseThrow(), request, patience);
        }
    }

    /** As {@link #ask}, but only a guard that is there already: one that does not answer is ended, and none is started. */
    Optional<Reply> tell(Request request, Duration patience) throws IOException {
        if (!connect(patience, false)) {
            return Optional.empty();
        }
        try {
            return Optional.of(exchange(connection.orElseThrow(), request, patience));
        } catch (IOException e) {
            log.warn("the guard does not acknowledge: {}", e.getMessage());
            close();
            return connect(patience, false)
                    ? Optional.of(exchange(connection.orElseThrow(), request, patience))
                    : Optional.empty();
        }
    }

    /**
     * Asks over a connection of its own what may take long, so that nothing else waits for it.
     *
     * @throws IOException when there is no answer
     */
    Reply aside(Request request, Duration patience) throws IOException {
        GuardSocket socket = program.find().orElseThrow(() -> new IOException("there is no guard"));
        try (socket) {
            return exchange(socket, request, epoch, patience);
        }
    }

    /** Whether there is a guard, started if need be; it is this agent's from then on. */
    boolean connect(Duration patience, boolean mayStart) throws IOException {
        if (connection.isPresent()) {
            return true;
        }
        Optional<GuardSocket> found = program.find();
        if (found.isPresent() && reach(found.get(), patience)) {
            return true;
        }
        if (!mayStart) {
            return false;
        }
        if (!program.isInstalled()) {
            throw new IOException("there is no " + program.path());
        }
        if (!reach(program.start(COMING_UP), patience)) {
            throw new IOException("the guard that was just started does not answer");
        }
        return true;
    }

    /** Takes a guard over; one that does not answer is ended. */
    private boolean reach(GuardSocket socket, Duration patience) throws IOException {
        var reached = connection(socket);
        try {
            takeOver(reached, patience);
            return true;
        } catch (TakenException e) {
            socket.close();
            throw e;
        } catch (IOException e) {
            log.warn(
                    "the guard pid={} does not answer and is ended: {}",
                    reached.guard().pid(),
                    e.getMessage());
            socket.close();
            // The server goes on, and whoever guards next adopts it.
            if (!GuardProgram.end(reached.guard(), GOING)) {
                log.error("the guard pid={} does not end", reached.guard().pid());
            }
            return false;
        }
    }

    /** Another agent has it: it is not ours to be ended. */
    private static final class TakenException extends IOException {
        TakenException() {
            super("another agent has taken the guard over");
        }
    }

    private static Connection connection(GuardSocket socket) throws IOException {
        try {
            GuardSocket.Peer peer = socket.peer();
            int self = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            if (peer.uid() != self) {
                throw new IOException("who answers in place of the guard is user " + peer.uid());
            }
            return new Connection(
                    socket,
                    ProcessHandle.of(peer.pid()).orElseThrow(() -> new IOException("the guard has just ended")));
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** The guard's deadline stands until this agent says something; what the agent before it says counts no longer. */
    private void takeOver(Connection reached, Duration patience) throws IOException {
        boolean first = epoch == 0;
        Reply present = exchange(reached.socket(), Request.plain(Type.HELLO), 0, patience);
        long own = first ? present.epoch() + 1 : epoch;
        if (present.epoch() > own) {
            throw new TakenException();
        }
        Reply taken = exchange(reached.socket(), Request.plain(Type.HELLO), own, patience);
        epoch = own;
        last = Optional.of(taken);
        connection = Optional.of(reached);
        log.info(
                "guard: pid={} epoch={} state={} postmaster={} traits={}",
                reached.guard().pid(),
                epoch,
                taken.state(),
                taken.server(),
                taken.traitNames());
        if (first && taken.fences() > 0) {
            report(taken);
        }
    }

    private Reply exchange(Connection over, Request request, Duration patience) throws IOException {
        Reply reply = exchange(over.socket(), request, epoch, patience);
        if (last.filter(before -> before.fences() < reply.fences()).isPresent()) {
            report(reply);
        }
        last = Optional.of(reply);
        return reply;
    }

    private static void report(Reply reply) {
        log.error(
                "the guard has ended PostgreSQL because its lease was not renewed: processes killed={}, all of them"
                        + " {} ms before the margin; hint: 0 if an immediate shutdown was enough",
                reply.killed(),
                reply.fenceEarly().toMillis());
    }

    /** Answers to what was asked before, and had no answer in time, are skipped. */
    private Reply exchange(GuardSocket socket, Request request, long as, Duration patience) throws IOException {
        long number = seq.incrementAndGet();
        long end = System.nanoTime() + patience.toNanos();
        socket.send(request.encode(as, number));
        while (true) {
            Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
            Optional<Reply> reply = Reply.decode(socket.receive(GuardMessage.REPLY_BYTES + 1, left));
            if (reply.isEmpty()) {
                throw new IOException("the guard's answer is not understood");
            }
            if (reply.get().seq() == number) {
                return reply.get();
            }
        }
    }

    /** Lets go of the guard, which goes on. */
    @Override
    public void close() {
        connection.ifPresent(one -> one.socket().close());
        connection = Optional.empty();
        last = Optional.empty();
    }
}
