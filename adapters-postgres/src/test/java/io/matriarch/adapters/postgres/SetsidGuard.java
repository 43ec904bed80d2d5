package io.matriarch.adapters.postgres;

import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.postgres.StopProof;
import io.matriarch.domain.time.MonotonicTime;
import io.matriarch.ports.watchdog.Guard;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Really starts servers, in sessions of their own, and really promotes them. */
final class SetsidGuard implements Guard {

    final List<ServerCommand> commands = new CopyOnWriteArrayList<>();

    @Override
    public long start(ServerCommand command) throws GuardException {
        commands.add(command);
        var arguments = new ArrayList<>(List.of("setsid"));
        arguments.addAll(command.arguments());
        var builder = new ProcessBuilder(arguments)
                .directory(command.workingDirectory().toFile())
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(command.log().toFile()));
        builder.environment().clear();
        builder.environment().putAll(command.environment());
        try {
            return builder.start().pid();
        } catch (IOException e) {
            throw new GuardException("not started", e);
        }
    }

    @Override
    public void promote(long postmaster, Path dataDirectory) throws GuardException {
        try {
            Files.createFile(dataDirectory.resolve("promote"));
            int code = new ProcessBuilder("kill", "-USR1", Long.toString(postmaster))
                    .start()
                    .waitFor();
            if (code != 0) {
                throw new GuardException("not signalled");
            }
        } catch (IOException e) {
            throw new GuardException("not promoted", e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new GuardException("interrupted");
        }
    }

    @Override
    public void arm(LeaseId lease, MonotonicTime deadline) {
        // Nothing is guarded here.
    }

    @Override
    public void pause() {
        // Nothing is guarded here.
    }

    @Override
    public void disarm(StopProof proof) {
        // Nothing is guarded here.
    }

    @Override
    public GuardState state() {
        return GuardState.ABSENT;
    }
}
