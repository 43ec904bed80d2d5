package io.matriarch.domain.ha;

/** The background task. A task's end is seen by exactly one turn. */
public sealed interface TaskView {

    record Idle() implements TaskView {}

    /** It runs; {@code label} is what people are told. */
    record Running(TaskKind kind, String label) implements TaskView {}

    record Ended(TaskKind kind, String label, TaskResult result) implements TaskView {}
}
