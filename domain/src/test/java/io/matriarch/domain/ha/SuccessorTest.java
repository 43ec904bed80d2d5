package io.matriarch.domain.ha;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.cluster.Tags;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.PostgresView;
import io.matriarch.domain.postgres.SqlView;
import io.matriarch.domain.postgres.Timeline;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The candidate's judgement of itself in a hand-over. */
final class SuccessorTest {

    private static final Tags BARRED =
            new Tags(true, 0, false, false, false, 0, Optional.empty(), false, Map.of("nofailover", true));

    private static Successor of(Seen seen, Tags own, int timeline, long behind) {
        PostgresView view = seen.observation().postgres();
        Lsn has = view.sql() instanceof SqlView.Standby standby ? standby.received() : Lsn.ZERO;
        return Successor.of(view, own, new Timeline(timeline), has.plus(behind));
    }

    @Test
    @DisplayName(
            "SAF-060: ready with everything on disk, on that timeline; one byte less or another timeline is behind")
    void positions() {
        assertThat(of(Seen.follower(), Tags.NONE, 1, 0)).isInstanceOf(Successor.Ready.class);
        assertThat(of(Seen.follower(), Tags.NONE, 1, 1)).isInstanceOf(Successor.Behind.class);
        assertThat(of(Seen.follower(), Tags.NONE, 2, 0)).isInstanceOf(Successor.Behind.class);
    }

    @Test
    @DisplayName("S-12: who is tagged nofailover does not take over, nor a server that is no standby")
    void unfit() {
        assertThat(of(Seen.follower(), BARRED, 1, 0)).isEqualTo(new Successor.Unfit("it is tagged nofailover"));
        assertThat(of(Seen.primary(), Tags.NONE, 1, 0)).isInstanceOf(Successor.Unfit.class);
    }
}
