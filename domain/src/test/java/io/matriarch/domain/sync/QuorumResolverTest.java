package io.matriarch.domain.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.MemberName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The vectors of ha-decisions §10.5. */
class QuorumResolverTest {

    /** Quorum, voters, number, standbys, confirmed, active, wanted, and the changes. */
    private static final String[] VECTORS = {
        "a a 0 -     0 -     0 b     2 = S1b R",
        "a a 0 -     1 b     1 b     2 = Q0b",
        "a a 0 -     0 -     0 b,c   2 = S2b,c R",
        "a a 0 -     2 b,c   1 b,c   2 = Q1b,c",
        "a a 1 b,c   2 b,c   2 b,c   2 = Q0b,c",
        "a a 0 b     1 b     1 b,c,d 2 = S2b,c Q2b,c,d S2b,c,d",
        "a a 0 b,c   2 b,c   1 b     2 = Q0b S1b",
        "a a 1 b,c,d 2 b,c,d 2 b,c   2 = S2b,c Q0b,c",
        "a a 2 b,c,d 1 b,c,d 1 b,c   1 = S1b,c Q1b,c",
        "a a 0 b,c   2 b,c   0 -     2 = Q0- S0-",
        "a a 1 b,c   1 b,c   2 b,c   2 = S2b,c Q0b,c",
        "a a 0 b,c   2 b,c   2 b,c   1 = Q1b,c S1b,c",
        "a a 0 b     1 b     0 c     1 = Q0- S1c R",
        "a a 0 b     1 b     1 b,c   1 = Q1b,c S1b,c",
        "a a 1 b,c   1 b,c   2 b,c,d 1 = Q2b,c,d S1b,c,d",
        "a a 0 b,c   2 b,c   2 b,c,d 2 = Q1b,c,d S2b,c,d",
        "a a 1 b,c   1 b     1 b,c   1 = S1b,c",
        "a a 0 b     2 b,c   2 b,c   2 = Q0b,c",
        "a a 1 b,c   2 b,c   2 b,c   1 = S1b,c",
        "a a 0 b,c   1 b,c   1 b,c   1 = Q1b,c",
        "a a 1 b,c   1 b,c   1 b,c   1 =",
        "a b 1 b,c   1 a,c   0 -     1 = Q1a,c",
        "a b 1 b,c   1 a,c   0 c     1 = Q1a,c S1c Q0c",
        "a b 0 b     1 a     0 -     1 = Q0a",
        "a d 0 b,c   3 a,b,c 0 -     2 = Q0a,b,c",
        "a d 0 b,c   3 a,b,c 0 b,c   2 = Q0b,c S2b,c",
    };

    @TestFactory
    Stream<DynamicTest> vectors() {
        return Arrays.stream(VECTORS)
                .map(vector -> DynamicTest.dynamicTest(
                        "HA-115 " + vector.replaceAll(" +", " "), () -> check(vector.split(" +"))));
    }

    private static void check(String[] part) {
        var me = new MemberName(part[1]);
        var state = new QuorumState(
                me,
                new MemberName(part[0]),
                Integer.parseInt(part[2]),
                set(part[3]),
                Integer.parseInt(part[4]),
                set(part[5]));
        var plan = QuorumResolver.resolve(state, Integer.parseInt(part[6]), set(part[7]), Integer.parseInt(part[8]));
        assertThat(text(me, plan.changes())).isEqualTo(List.of(part).subList(10, part.length));
    }

    private static List<String> text(MemberName me, List<QuorumResolver.Change> changes) {
        List<String> all = new ArrayList<>();
        for (QuorumResolver.Change change : changes) {
            all.add(
                    switch (change) {
                        case QuorumResolver.Change.Quorum quorum -> {
                            assertThat(quorum.leader()).isEqualTo(me);
                            yield "Q" + quorum.quorum() + text(quorum.voters());
                        }
                        case QuorumResolver.Change.Sync sync -> "S" + sync.number() + text(sync.standbys());
                        case QuorumResolver.Change.Restart _ -> "R";
                    });
        }
        return all;
    }

    private static String text(Set<MemberName> names) {
        return names.isEmpty() ? "-" : names.stream().map(MemberName::value).collect(Collectors.joining(","));
    }

    private static Set<MemberName> set(String text) {
        return text.equals("-")
                ? Set.of()
                : Arrays.stream(text.split(",")).map(MemberName::new).collect(Collectors.toCollection(TreeSet::new));
    }
}
