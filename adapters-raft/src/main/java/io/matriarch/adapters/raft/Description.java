package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.util.Describer;

/** Collects what jraft prints about itself, for the few figures it tells in no other way. */
final class Description implements Describer.Printer {

    private final StringBuilder text = new StringBuilder();

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

    /** The number on the first line that starts with this label; 0 without one. */
    long number(String label) {
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
