package io.matriarch.domain.cluster;

/**
 * The version of a key as its store counts it: etcd's mod revision, Consul's modify index, our log index.
 *
 * <p>Only equality has a meaning across stores. {@link #ABSENT} is what a key that does not exist has, so that "nobody
 * has created it since" is the same condition as "nobody has changed it since".
 */
public record Revision(long value) {

    public static final Revision ABSENT = new Revision(0);

    public boolean exists() {
        return value != 0;
    }
}
