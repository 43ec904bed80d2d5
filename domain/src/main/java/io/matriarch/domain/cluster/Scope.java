package io.matriarch.domain.cluster;

/**
 * Where a cluster's keys live in the store: {@code /<namespace>/<scope>/}.
 *
 * @param namespace prefix over the clusters, without slashes at its ends
 * @param name the cluster's name
 */
public record Scope(String namespace, String name) {

    public Scope {
        if (name.isBlank()) {
            throw new IllegalArgumentException("scope is empty");
        }
        namespace = collapse(namespace);
        name = collapse(name);
    }

    /** The common prefix of all keys with a slash at both ends; runs of slashes count as one (DCS-001). */
    public String path() {
        return namespace.isEmpty() ? "/" + name + "/" : "/" + namespace + "/" + name + "/";
    }

    private static String collapse(String text) {
        return text.replaceAll("/+", "/").replaceAll("^/|/$", "");
    }
}
