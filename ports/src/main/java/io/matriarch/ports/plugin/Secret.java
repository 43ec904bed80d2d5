package io.matriarch.ports.plugin;

/** A text that no log and no answer shows. */
public record Secret(String reveal) {

    @Override
    public String toString() {
        return "***";
    }
}
