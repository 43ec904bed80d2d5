package io.matriarch.app.wiring;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * PostgreSQL refuses to run as root, so an agent that root has started goes on as the owner of the data directory: it
 * replaces itself, under the same pid, with the same command run through {@code setpriv}.
 */
final class Privileges {

    private static final List<String> PLACES = List.of("/usr/bin/setpriv", "/bin/setpriv", "/usr/sbin/setpriv");

    private Privileges() {}

    /**
     * Returns only when nothing has to be done, or with the reason why it cannot be done.
     *
     * @return a sentence and a hint for the operator, empty when all is well
     */
    static Optional<String> dropTo(Path dataDirectory) {
        try {
            if (uid(Path.of("/proc/self")) != 0) {
                return Optional.empty();
            }
            Path existing = dataDirectory.toAbsolutePath();
            while (existing != null && !Files.exists(existing)) {
                existing = existing.getParent();
            }
            int uid = existing == null ? 0 : uid(existing);
            if (uid == 0) {
                return Optional.of("PostgreSQL refuses to run as root, and " + existing + " belongs to root\n"
                        + "hint: give the data directory to the user who is to run PostgreSQL (chown postgres "
                        + existing + "), or start the agent as that user");
            }
            int gid = (Integer) Files.getAttribute(existing, "unix:gid", LinkOption.NOFOLLOW_LINKS);
            return replaceProcess(uid, gid);
        } catch (IOException e) {
            return Optional.of("cannot find out whom the data directory " + dataDirectory + " belongs to: " + e);
        }
    }

    private static int uid(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:uid");
    }

    private static Optional<String> replaceProcess(int uid, int gid) throws IOException {
        Optional<String> program = PLACES.stream()
                .filter(place -> Files.isExecutable(Path.of(place)))
                .findFirst();
        if (program.isEmpty()) {
            return Optional.of("started as root, but setpriv is not there to become the owner of the data directory\n"
                    + "hint: install util-linux, or start the agent as that user");
        }
        List<String> command = new ArrayList<>(
                List.of(program.get(), "--reuid=" + uid, "--regid=" + gid, "--init-groups", "--inh-caps=-all", "--"));
        String self = Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.UTF_8);
        List<String> arguments = new ArrayList<>(List.of(self.split("\0", -1)));
        arguments.removeLast();
        // The first argument may be a bare name; the kernel knows the program.
        arguments.set(0, Path.of("/proc/self/exe").toRealPath().toString());
        command.addAll(arguments);
        return Optional.of("cannot become the owner of the data directory: execv failed with " + execv(command));
    }

    /** Replaces this process; returns only on failure. */
    private static int execv(List<String> command) {
        Linker linker = Linker.nativeLinker();
        try (Arena arena = Arena.ofConfined()) {
            var execv = linker.downcallHandle(
                    linker.defaultLookup().find("execv").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            MemorySegment arguments = arena.allocate(ValueLayout.ADDRESS, command.size() + 1L);
            for (int i = 0; i < command.size(); i++) {
                arguments.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(command.get(i)));
            }
            arguments.setAtIndex(ValueLayout.ADDRESS, command.size(), MemorySegment.NULL);
            return (int) execv.invokeExact(arena.allocateFrom(command.getFirst()), arguments);
        } catch (Throwable e) {
            throw new IllegalStateException("execv cannot be called", e);
        }
    }
}
