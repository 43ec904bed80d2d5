package io.matriarch.adapters.watchdog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/** The processes of this machine by the folder they work in, whatever has become of their parents. */
final class Processes {

    private Processes() {}

    static List<Long> workingIn(Predicate<Path> folder) throws IOException {
        try (var all = Files.list(Path.of("/proc"))) {
            return all.filter(entry -> entry.getFileName().toString().matches("[0-9]+"))
                    .filter(entry -> works(entry, folder))
                    .map(entry -> Long.parseLong(entry.getFileName().toString()))
                    .toList();
        }
    }

    private static boolean works(Path process, Predicate<Path> folder) {
        try {
            return folder.test(Files.readSymbolicLink(process.resolve("cwd")));
        } catch (IOException e) {
            return false;
        }
    }
}
