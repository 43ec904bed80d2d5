package io.matriarch.simulation;

import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.rewind.HistoryLine;
import java.util.ArrayList;
import java.util.List;

/**
 * A record of the log, which knows what lies before it: a log is its last record. Two servers have the same record if
 * and only if it is the same object: numbers may repeat on branches, content does not.
 */
final class WalNode {

    private static final long FIRST = Lsn.parse("0/3000000").value();

    /** The log before its first record. */
    static final WalNode NOTHING = new WalNode();

    final WalNode parent;
    final int depth;
    final long start;
    final long end;
    final Timeline timeline;

    /** The client's number, 0 for PostgreSQL's own records. */
    final long transaction;

    /** Last record of the parent's timeline, for all records of this one. */
    private final WalNode fork;

    /** An ancestor far enough away that any is reached in a number of steps logarithmic in the distance. */
    private final WalNode jump;

    private WalNode() {
        parent = this;
        jump = this;
        fork = this;
        depth = 0;
        start = FIRST;
        end = FIRST;
        timeline = Timeline.UNKNOWN;
        transaction = 0;
    }

    private WalNode(WalNode parent, int size, Timeline timeline, long transaction) {
        this.parent = parent;
        this.depth = parent.depth + 1;
        this.start = parent.end;
        this.end = start + size;
        this.timeline = timeline;
        this.transaction = transaction;
        this.fork = timeline.equals(parent.timeline) ? parent.fork : parent;
        this.jump = parent.depth - parent.jump.depth == parent.jump.depth - parent.jump.jump.depth
                ? parent.jump.jump
                : parent;
    }

    WalNode then(int size, Timeline next, long number) {
        return new WalNode(this, size, next, number);
    }

    Lsn endLsn() {
        return depth == 0 ? Lsn.ZERO : new Lsn(end);
    }

    /** The record at a depth on the way to this one. */
    WalNode at(int wanted) {
        WalNode node = this;
        while (node.depth > wanted) {
            node = node.jump.depth >= wanted ? node.jump : node.parent;
        }
        return node;
    }

    /** Whether a log that ends here has everything the other one has. */
    boolean contains(WalNode other) {
        return other.depth <= depth && at(other.depth) == other;
    }

    /** The last record both have. */
    WalNode common(WalNode other) {
        WalNode one = at(Math.min(depth, other.depth));
        WalNode two = other.at(one.depth);
        while (one != two) {
            boolean far = one.jump != two.jump;
            one = far ? one.jump : one.parent;
            two = far ? two.jump : two.parent;
        }
        return one;
    }

    /**
     * Whether both logs have a timeline of the same number that is not the same one. PostgreSQL compares numbers only,
     * so nothing would mend such a divergence by itself.
     */
    boolean sharesNumberWith(WalNode other) {
        WalNode common = common(other);
        List<Timeline> ours = timelinesAfter(common);
        return other.timelinesAfter(common).stream().anyMatch(ours::contains);
    }

    private List<Timeline> timelinesAfter(WalNode common) {
        List<Timeline> timelines = new ArrayList<>();
        for (WalNode node = this; node.depth > common.depth; node = node.fork) {
            timelines.add(node.timeline);
        }
        return timelines;
    }

    /** The history file of the timeline this record is on. */
    List<HistoryLine> history() {
        List<HistoryLine> lines = new ArrayList<>();
        for (WalNode last = fork; last.depth > 0; last = last.fork) {
            lines.addFirst(new HistoryLine(last.timeline, last.endLsn(), "simulated"));
        }
        return lines;
    }

    @Override
    public String toString() {
        return depth == 0 ? "nothing" : "timeline " + timeline + " to " + endLsn();
    }
}
