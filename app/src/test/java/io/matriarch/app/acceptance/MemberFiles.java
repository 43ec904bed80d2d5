package io.matriarch.app.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Files of members as tests lay them out and compare them. */
final class MemberFiles {

    private MemberFiles() {}

    /** Writes a file as the user of the members, with the folders above it. */
    static void write(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
            Path home = file.getParent();
            User.own(home.getFileName().toString().equals("data") ? home : file);
            if (file.getParent().getParent().getFileName().toString().equals("data")) {
                User.own(file.getParent().getParent());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every file with its length and time. */
    static TreeMap<String, String> under(Path folder) {
        var all = new TreeMap<String, String>();
        if (!Files.exists(folder)) {
            return all;
        }
        try (Stream<Path> entries = Files.walk(folder)) {
            for (Path entry : entries.filter(Files::isRegularFile).toList()) {
                all.put(entry.toString(), Files.size(entry) + " " + Files.getLastModifiedTime(entry));
            }
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
