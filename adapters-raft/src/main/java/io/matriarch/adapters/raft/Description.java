package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.util.Describer;
import java.util.regex.Pattern;

/** Collects what jraft prints about itself, for the few figures it tells in no other way. */
final class Description implements Describer.Printer {

    private static final Pattern LAST_ENTRY = Pattern.compile("diskId: LogId \\[index=[0-9]+, term=([0-9]+)\\]");

    private static final Pattern VOTERS =
            Pattern.compile("^conf: ConfigurationEntry \\[id=.*, conf=(.*), oldConf=", Pattern.MULTILINE);

    private final StringBuilder text = new StringBuilder();

    static Description of(Node raft) {
        var description = new Description();
        raft.describe(description);
        return description;
    }

    /** Who votes as far as the node's log goes; empty for one that belongs to no group yet. */
    Configuration voters() {
        var line = VOTERS.matcher(text);
        var voters = new Configuration();
        if (line.find() && !line.group(1).isEmpty() && !voters.parse(line.group(1))) {
            throw new IllegalStateException("jraft describes its configuration as " + line.group());
        }
        return voters;
    }

    long term() {
        return number("term: ");
    }

    @Override
    public Describer.Printer print(Object value) {
        text.append(value);
        return this;
    }

    @Override
    public Describer.Printer println(Object value) {
        text.append(value).append('\n');
        return this;
    }

    /** The term of the log's end, which is a snapshot's where nothing comes after one. */
    long lastLogTerm() {
        var end = LAST_ENTRY.matcher(text);
        return end.find() ? Long.parseLong(end.group(1)) : 0;
    }

    /** The number on the first line that starts with this label; 0 without one. */
    private long number(String label) {
        return text.toString()
                .lines()
                .filter(line -> line.startsWith(label))
                .map(line -> line.substring(label.length()).strip())
                .filter(number -> number.matches("[0-9]{1,18}"))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElse(0);
    }
}
