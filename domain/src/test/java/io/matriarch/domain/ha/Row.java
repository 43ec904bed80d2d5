package io.matriarch.domain.ha;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * A line of a decision table.
 *
 * @param name a sentence, with the statements of the specification it checks
 * @param decisions the kinds of decisions in order; what they carry is compared where a row gives whole decisions
 */
record Row(String name, Seen seen, Reason reason, List<Object> decisions) {

    /** Kinds and whole decisions may be mixed. */
    static Row row(String name, Seen seen, Reason reason, Object... decisions) {
        return new Row(name, seen, reason, Arrays.asList(decisions));
    }

    static Stream<DynamicTest> tests(Row... rows) {
        return Arrays.stream(rows).map(row -> DynamicTest.dynamicTest(row.name(), row::check));
    }

    private void check() {
        Turn turn = seen.decide();
        List<Object> found = new ArrayList<>();
        for (int at = 0; at < turn.decisions().size(); at++) {
            Decision decision = turn.decisions().get(at);
            boolean whole = at < decisions.size() && decisions.get(at) instanceof Decision;
            found.add(whole ? decision : decision.getClass());
        }
        assertThat(turn.reason())
                .describedAs("%s: %s", turn.sentence(), turn.decisions())
                .isEqualTo(reason);
        assertThat(found).isEqualTo(decisions);
        assertThat(seen.decide())
                .describedAs("equal arguments give equal turns")
                .isEqualTo(turn);
        Rules.check(seen.observation(), turn);
    }
}
