package io.matriarch.app.loop;

/** How carrying out a decision went. */
public sealed interface Outcome {

    /** It is done; the next decision of the turn may follow. */
    record Done() implements Outcome {}

    /** It has begun as the background task: the rest of the turn is dropped and decided afresh when it has ended. */
    record Started(String task) implements Outcome {}

    /** It is not done, and the rest of the turn is dropped. */
    record Failed(String why) implements Outcome {}

    /** The store did not answer: it may have been done or not, and the turn asks the store for nothing more. */
    record NoAnswer(String why) implements Outcome {}
}
