package io.matriarch.app.loop;

/** How carrying out a decision went. */
public sealed interface Outcome {

    /** It is done; the next decision of the turn may follow. */
    record Done() implements Outcome {}

    /** It has begun as the background task: the rest of the turn is dropped and decided afresh when it has ended. */
    record Started(String task) implements Outcome {}

    /** It is not done, and the rest of the turn is dropped. */
    record Failed(String why) implements Outcome {}
}
