package io.matriarch.domain.ha;

import java.util.ArrayList;
import java.util.List;

/**
 * The answer of one turn.
 *
 * @param next what is remembered
 * @param reason why
 * @param facts what fills the reason's sentence
 * @param notes further lines for the log
 * @param decisions run in this order and stop at the first that is not done
 */
public record Turn(HaState next, Reason reason, List<String> facts, List<Note> notes, List<Decision> decisions) {

    public Turn {
        facts = List.copyOf(facts);
        notes = List.copyOf(notes);
        decisions = List.copyOf(decisions);
    }

    public static Turn of(HaState next, Reason reason, List<String> facts, Decision... decisions) {
        return new Turn(next, reason, facts, List.of(), List.of(decisions));
    }

    public static Turn of(HaState next, Reason reason, Decision... decisions) {
        return of(next, reason, List.of(), decisions);
    }

    public Turn with(List<Note> more) {
        var all = new ArrayList<>(more);
        all.addAll(notes);
        return new Turn(next, reason, facts, all, decisions);
    }

    /** The same after another decision. */
    Turn after(Decision first) {
        var all = new ArrayList<Decision>();
        all.add(first);
        all.addAll(decisions);
        return new Turn(next, reason, facts, notes, all);
    }

    /** The operator's sentence. */
    public String sentence() {
        return reason.sentence(facts);
    }
}
