package io.matriarch.app.metrics;

/**
 * Metrics in Prometheus' text format, in the order in which they are added. Written by hand: the client library sorts by
 * name and adds suffixes to counters, and dashboards know the reference's names.
 */
public final class MetricsText {

    private final StringBuilder out = new StringBuilder(8192);
    private final String labels;

    /** Metrics of one member. */
    public MetricsText(String scope, String name) {
        labels = "{scope=\"" + escaped(scope) + "\",name=\"" + escaped(name) + "\"} ";
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    public MetricsText gauge(String name, String help, long value) {
        return sample(name, help, "gauge", "", Long.toUnsignedString(value));
    }

    public MetricsText gauge(String name, String help, boolean value) {
        return sample(name, help, "gauge", "", value ? "1" : "0");
    }

    /** A value in a form of its own, such as a version with leading zeros. */
    public MetricsText gauge(String name, String help, String value) {
        return sample(name, help, "gauge", "", value);
    }

    /** One with a comment between its two headers. */
    public MetricsText gauge(String name, String help, String comment, int value) {
        return sample(name, help, "gauge", "# " + comment + "\n", Integer.toString(value));
    }

    public MetricsText counter(String name, String help, long value) {
        return sample(name, help, "counter", "", Long.toUnsignedString(value));
    }

    private MetricsText sample(String name, String help, String type, String comment, String value) {
        out.append("# HELP ").append(name).append(' ').append(help).append('\n');
        out.append(comment);
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        out.append(name).append(labels).append(value).append('\n');
        return this;
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
