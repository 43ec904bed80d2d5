package io.matriarch.simulation;

/** Something that goes wrong once. It counts only if somebody has noticed it. */
public final class Fault {

    private final String kind;
    private boolean effective;

    Fault(String kind) {
        this.kind = kind;
    }

    public String kind() {
        return kind;
    }

    /** It has done something to somebody. */
    public void hadEffect() {
        effective = true;
    }

    boolean isEffective() {
        return effective;
    }
}
