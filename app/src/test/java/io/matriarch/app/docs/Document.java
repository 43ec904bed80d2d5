package io.matriarch.app.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page below {@code docs/}.
 *
 * @param name of its file
 */
public record Document(String name, String text) {

    /** Tests run in their module's folder. */
    public static Document read(String name) {
        try {
            return new Document(name, Files.readString(Path.of("..", "docs", name)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the words stand in back quotes somewhere, alone. */
    public boolean quotes(String words) {
        return text.contains("`" + words + "`");
    }

    /** The text below a heading of the second level, up to the next one; empty if there is no such heading. */
    public String section(String heading) {
        Matcher found = Pattern.compile("(?ms)^## " + Pattern.quote(heading) + "$(.*?)(?=^## |\\z)")
                .matcher(text);
        return found.find() ? found.group(1) : "";
    }
}
