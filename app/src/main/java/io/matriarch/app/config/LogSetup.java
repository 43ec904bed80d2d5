package io.matriarch.app.config;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.LoggerFactory;

/**
 * Puts the section {@code log} into force, at the start and again after each reload. Until then what a process logs goes
 * to standard error at INFO, see {@link StartupLogging}.
 */
public final class LogSetup {

    private static final Duration DRAIN_ON_CHANGE = Duration.ofSeconds(2);

    /** Libraries that tell at INFO what only their authors want to know; {@code log.loggers} makes them speak. */
    private static final List<String> LIBRARIES = List.of(
            "com.google",
            "com.orbitz",
            "io.etcd",
            "io.grpc",
            "io.netty",
            "io.vertx",
            "jakarta",
            "okhttp3",
            "org.eclipse.jetty",
            "org.glassfish",
            "org.kiwiproject",
            "org.postgresql",
            "retrofit2");

    /** While a peer is down it says so several times a second, at ERROR; our own code says it once and says what it means. */
    private static final String RAFT_LIBRARY = "com.alipay";

    private static final Set<String> OWN_LEVELS = new HashSet<>();
    private static Optional<LogQueue> queue = Optional.empty();

    private LogSetup() {}

    /**
     * Logs as the settings say from now on.
     *
     * @return why lines go to standard error although a directory was asked for, empty when all is as asked for
     */
    public static synchronized Optional<String> apply(LogSettings settings) {
        Optional<String> complaint = Optional.empty();
        LogSink sink;
        try {
            sink = sink(settings);
        } catch (IOException e) {
            sink = new LogSink.Stderr();
            complaint = Optional.of("log.dir "
                    + settings.directory().map(Path::toString).orElse("") + " can't be used, standard error is: " + e);
        }
        Logger root = root();
        LogQueue next = new LogQueue(new LogLines(settings, sink));
        next.setContext(root.getLoggerContext());
        next.start();
        root.addAppender(next);
        root.detachAppender(StartupLogging.APPENDER);
        queue.ifPresent(before -> {
            root.detachAppender(before);
            before.drain(DRAIN_ON_CHANGE);
        });
        queue = Optional.of(next);
        levels(root, settings);
        return complaint;
    }

    /**
     * Writes what waits to be written; later lines go to standard error at once.
     *
     * @return whether everything was written, else the process ends with exit status 5
     */
    public static synchronized boolean stop(Duration atMost) {
        Logger root = root();
        if (queue.isEmpty()) {
            return true;
        }
        StartupLogging.attach(root.getLoggerContext());
        LogQueue last = queue.get();
        root.detachAppender(last);
        queue = Optional.empty();
        return last.drain(atMost);
    }

    private static LogSink sink(LogSettings settings) throws IOException {
        if (settings.directory().isEmpty()) {
            return new LogSink.Stderr();
        }
        return new LogSink.RotatingFile(
                settings.directory().get(), settings.mode(), settings.fileCount(), settings.fileSize());
    }

    private static void levels(Logger root, LogSettings settings) {
        LoggerContext context = root.getLoggerContext();
        OWN_LEVELS.forEach(name -> context.getLogger(name).setLevel(null));
        OWN_LEVELS.clear();
        Level level = LogLines.threshold(settings.level());
        root.setLevel(level);
        Level ofLibraries = level.isGreaterOrEqual(Level.WARN) ? level : Level.WARN;
        LIBRARIES.forEach(name -> own(context, name, ofLibraries));
        own(context, RAFT_LIBRARY, Level.OFF);
        settings.loggers().forEach((name, wanted) -> {
            // The reference's own loggers are ours here.
            String ours = name.equals("patroni") ? "io.matriarch" : name;
            own(context, ours, LogLines.threshold(wanted));
        });
    }

    private static void own(LoggerContext context, String name, Level level) {
        OWN_LEVELS.add(name);
        context.getLogger(name).setLevel(level);
    }

    private static Logger root() {
        return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }

    /** Lines at once and in the caller's thread, for what comes before the queue and after it. */
    static final class Direct extends AppenderBase<ILoggingEvent> {

        private final LogLines lines = new LogLines(LogSettings.DEFAULT, new LogSink.Stderr());

        @Override
        protected void append(ILoggingEvent event) {
            lines.accept(event);
        }
    }
}
