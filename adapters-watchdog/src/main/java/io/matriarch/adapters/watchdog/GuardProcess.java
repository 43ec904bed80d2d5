package io.matriarch.adapters.watchdog;

import io.matriarch.adapters.watchdog.GuardMessage.Reply;
import io.matriarch.adapters.watchdog.GuardMessage.Request;
import io.matriarch.adapters.watchdog.GuardMessage.Status;
import io.matriarch.adapters.watchdog.GuardMessage.Type;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.time.LeaseLadder;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.time.Clock;
import io.matriarch.ports.watchdog.Guard;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The guard process as the agent sees it (SAFETY.md §5): it starts the server, promotes it, and is told the deadline
 * before it can become writable. Where it cannot be had, an automatic guard leaves the server to the agent alone and says
 * so; a required one refuses.
 */
final class GuardProcess implements Guard, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(GuardProcess.class);

    /** The program has to be read from its disk before it runs. */
    private static final Duration STARTING = Duration.ofSeconds(10);

    private static final Duration BUSY = Duration.ofSeconds(5);
    private static final Duration AGAIN = Duration.ofSeconds(1);

    private final GuardSettings settings;
    private final GuardProgram program;
    private final Path dataDirectory;
    private final Clock clock;
    private final DetachedStart detached;
    private final GuardLink link;
    private final ReentrantLock lock = new ReentrantLock();

    private Duration ttl = Duration.ofSeconds(30);
    private Duration granted = Duration.ofSeconds(30);
    private volatile boolean failed;
    private volatile MonotonicTime failedAt;

    GuardProcess(GuardSettings settings, GuardProgram program, Path dataDirectory, Clock clock) {
        this.settings = settings;
        this.program = program;
        this.dataDirectory = dataDirectory;
        this.clock = clock;
        this.detached = new DetachedStart(clock);
        this.link = new GuardLink(program);
        this.failedAt = clock.now();
    }

    /** For an agent that wants no guard: one that an agent before it has left must not end the server. */
    static void standDown(GuardProgram program) {
        try (var link = new GuardLink(program)) {
            if (link.tell(Request.plain(Type.PAUSE), BUSY).isPresent()) {
                log.info("the guard of an agent before this one has been told to end nothing any more");
            }
        } catch (IOException e) {
            log.warn("a guard that an agent before this one may have left was not reached: {}", e.getMessage());
        }
    }

    /** Something that is asked of the guard. */
    private interface Question<T> {
        T ask() throws IOException, GuardException;
    }

    @Override
    public void adopt(Duration newTtl) {
        lock.lock();
        try {
            ttl = newTtl;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long start(ServerCommand command) throws GuardException {
        if (command.arguments().isEmpty()) {
            throw new GuardException("no program to start");
        }
        List<String> texts = new ArrayList<>();
        texts.add(command.workingDirectory().toString());
        texts.add(command.log().toAbsolutePath().toString());
        texts.addAll(command.arguments());
        command.environment().forEach((name, value) -> texts.add(name + "=" + value));
        Request request = Request.start(command.arguments().size(), texts);
        try {
            if (request.encode(0, 0).length > GuardMessage.LONGEST) {
                throw new IOException("the environment is too large to be handed to the guard");
            }
            // One that does not answer is replaced first: the start itself may take any time.
            exclusively(() -> link.ask(Request.plain(Type.HELLO), patience()));
        } catch (IOException e) {
            unavailable(e);
            return detached.start(command);
        }
        try {
            return started(link.aside(request, STARTING), command);
        } catch (IOException e) {
            throw new GuardException("the guard has not started the server: " + e.getMessage(), e);
        }
    }

    private static long started(Reply reply, ServerCommand command) throws GuardException {
        return switch (reply.status()) {
            case DONE -> reply.server();
            case REFUSED -> throw new GuardException("start refused by the guard: the lease it guards has ended");
            case BUSY -> throw new GuardException("start refused by the guard: postmaster " + reply.server() + " runs");
            case FAILED ->
                throw new GuardException("cannot execute " + command.arguments().getFirst() + ": "
                        + new LinuxCalls.Result(-1, reply.error()).error() + ", see " + command.log());
            case STALE_EPOCH, STALE_SEQ, RELEASED, NOT_FOUND, BAD -> throw refused("start", reply);
        };
    }

    private static GuardException refused(String what, Reply reply) {
        return new GuardException(what + " refused by the guard: " + reply.status());
    }

    @Override
    public void promote(long postmaster, Path directory) throws GuardException {
        detached.promote(postmaster, directory, () -> signalPromotion(postmaster));
    }

    private void signalPromotion(long postmaster) throws GuardException {
        try {
            exclusively(() -> {
                Reply reply = link.ask(Request.promote(postmaster), patience());
                if (reply.status() == Status.NOT_FOUND) {
                    adoptServer(reply);
                    reply = link.ask(Request.promote(postmaster), patience());
                }
                if (reply.status() != Status.DONE) {
                    throw refused("promotion", reply);
                }
                return reply;
            });
        } catch (IOException e) {
            unavailable(e);
            DetachedStart.signalPromotion(postmaster);
        }
    }

    @Override
    public void arm(LeaseId lease, MonotonicTime deadline) throws GuardException {
        detached.arm(lease, deadline);
        try {
            exclusively(() -> {
                LeaseLadder ladder = LeaseLadder.of(lengthOf(deadline));
                Duration kill = killBefore(ladder);
                Reply reply = link.ask(
                        Request.arm(lease.value(), deadline, kill.plus(ladder.politeness()), kill), patience());
                if (reply.status() != Status.DONE) {
                    throw refused("deadline", reply);
                }
                if (reply.server() == 0) {
                    adoptServer(reply);
                }
                return reply;
            });
            if (failed) {
                failed = false;
                log.info("the guard is there again");
            }
        } catch (IOException e) {
            unavailable(e);
        }
    }

    /** The rungs of a longer lease would lie before a hold that was granted with the former length (SAF-015). */
    private Duration lengthOf(MonotonicTime deadline) {
        boolean longer = ttl.compareTo(granted) > 0;
        boolean grantedBefore = clock.now().until(deadline).compareTo(ttl.dividedBy(2)) < 0;
        if (!longer || !grantedBefore) {
            granted = ttl;
        }
        return granted;
    }

    /** What is configured beyond the ladder's own margin, as long as renewals still have their time. */
    private Duration killBefore(LeaseLadder ladder) {
        Duration most = granted.dividedBy(3);
        Duration wanted = settings.safetyMargin().compareTo(most) < 0 ? settings.safetyMargin() : most;
        return wanted.compareTo(ladder.margin()) > 0 ? wanted : ladder.margin();
    }

    @Override
    public void pause() {
        detached.pause();
        tell(Request.plain(Type.PAUSE));
    }

    @Override
    public void release(LeaseId lease) {
        tell(Request.release(lease.value()));
    }

    @Override
    public void disarm(StopProof proof) {
        detached.disarm(proof);
        tell(Request.plain(Type.DISARM));
    }

    /** To a guard that is there: one that is not there would do nothing else than what it is told here. */
    private void tell(Request request) {
        try {
            exclusively(() -> link.tell(request, patience()));
        } catch (IOException | GuardException e) {
            log.warn("the guard was not told to {}: {}", request.type(), e.getMessage());
        }
    }

    @Override
    public GuardState state() {
        return link.last()
                .map(reply -> switch (reply.state()) {
                    case ARMED, EXPIRED, SAFE_POINT -> GuardState.ARMED;
                    case DISARMED, PAUSED -> GuardState.DISARMED;
                })
                .orElse(GuardState.ABSENT);
    }

    @Override
    public Report report() {
        return link.last()
                .map(reply -> new Report(state(), reply.fences(), reply.killed(), reply.refused(), reply.traitNames()))
                .orElseGet(() -> new Report(GuardState.ABSENT, 0, 0, 0, List.of()));
    }

    @Override
    public boolean isUsable() {
        if (settings.mode() != GuardSettings.Mode.REQUIRED) {
            return true;
        }
        if (!failed && program.isInstalled()) {
            return true;
        }
        MonotonicTime now = clock.now();
        if (failed && now.since(failedAt).compareTo(AGAIN) < 0) {
            return false;
        }
        try {
            exclusively(() -> link.connect(patience(), true));
            failed = false;
            return true;
        } catch (IOException | GuardException e) {
            failed = true;
            failedAt = now;
            log.error("the required guard cannot be had, so this member does not lead: {}", e.getMessage());
            return false;
        }
    }

    /** Somebody else has started the server, an agent without a guard or one whose guard was ended (SAF-042). */
    private void adoptServer(Reply reply) throws IOException {
        Optional<Long> postmaster = postmaster();
        if (reply.server() != 0 || postmaster.isEmpty()) {
            return;
        }
        long pid = postmaster.get();
        Optional<Long> ticks = startTicks(pid);
        if (ticks.isEmpty()) {
            return;
        }
        String directory = dataDirectory.toRealPath().toString();
        Reply adopted = link.ask(Request.adopt(pid, ticks.get(), directory), patience());
        switch (adopted.status()) {
            case DONE -> log.info("the guard has taken over the postmaster pid={}", pid);
            // What postmaster.pid names may be long gone, and its pid somebody else's.
            case NOT_FOUND -> log.debug("process {} is no postmaster of {}", pid, directory);
            case STALE_EPOCH, STALE_SEQ, RELEASED, REFUSED, BUSY, FAILED, BAD ->
                log.warn("the guard did not take over the postmaster pid={}: {}", pid, adopted.status());
        }
    }

    private Optional<Long> postmaster() {
        try (var lines = Files.lines(dataDirectory.resolve("postmaster.pid"), StandardCharsets.ISO_8859_1)) {
            return lines.findFirst().map(String::strip).map(Long::valueOf).filter(pid -> pid > 0);
        } catch (IOException | NumberFormatException _) {
            return Optional.empty();
        }
    }

    /** The twenty-second field; the second one is the program's name in brackets and may hold blanks. */
    private static Optional<Long> startTicks(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Optional.of(Long.valueOf(fields[19]));
        } catch (IOException | RuntimeException _) {
            return Optional.empty();
        }
    }

    /** How long an acknowledgement may take: the margin (SAF-043). */
    private Duration patience() {
        return LeaseLadder.of(ttl).margin();
    }

    private <T> T exclusively(Question<T> question) throws IOException, GuardException {
        try {
            if (!lock.tryLock(BUSY.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new GuardException(
                        "another thread has been speaking to the guard for " + BUSY.toMillis() + " ms");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GuardException("interrupted while another thread spoke to the guard", e);
        }
        try {
            return question.ask();
        } finally {
            lock.unlock();
        }
    }

    private void unavailable(IOException cause) throws GuardException {
        boolean news = !failed;
        failed = true;
        failedAt = clock.now();
        if (settings.mode() == GuardSettings.Mode.REQUIRED) {
            throw new GuardException("the required guard cannot be had: " + cause.getMessage(), cause);
        }
        if (news) {
            log.warn(
                    "there is no guard, only the agent itself ends PostgreSQL with its lease: {}; hint: is {} there?",
                    cause.getMessage(),
                    program.path());
        }
    }

    /** Lets go of the guard, which goes on. */
    @Override
    public void close() {
        link.close();
    }
}
