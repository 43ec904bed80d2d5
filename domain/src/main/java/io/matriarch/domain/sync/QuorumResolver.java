package io.matriarch.domain.sync;

import static io.matriarch.domain.sync.QuorumState.both;
import static io.matriarch.domain.sync.QuorumState.minus;
import static io.matriarch.domain.sync.QuorumState.plus;

import io.matriarch.domain.cluster.MemberName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The way from a state of quorum mode to the wanted one, change by change (ha-decisions §10.5). It may be asked again
 * after each change, and from any state that a crash between two of them leaves behind.
 */
final class QuorumResolver {

    /** One change, or the word that standbys have to catch up first. */
    sealed interface Change {

        record Quorum(MemberName leader, int quorum, Set<MemberName> voters) implements Change {}

        record Sync(int number, Set<MemberName> standbys) implements Change {}

        record Restart() implements Change {}
    }

    /** A state that the rules do not lead to; what was proposed so far does not count. */
    private static final class Irregular extends Exception {
        private static final long serialVersionUID = 1;
    }

    /** Standbys have to catch up before anything else can change. */
    private static final class Done extends Exception {
        private static final long serialVersionUID = 1;
    }

    private QuorumResolver() {}

    /** What was found, and whether the state was one that should not be. */
    record Plan(List<Change> changes, boolean irregular) {}

    static Plan resolve(QuorumState state, int confirmed, Set<MemberName> active, int wanted) {
        var walk = new Walk(state, confirmed, active, wanted);
        try {
            walk.run();
            return new Plan(collapsed(walk.changes), false);
        } catch (Done e) {
            return new Plan(collapsed(walk.changes), false);
        } catch (Irregular e) {
            return new Plan(new Walk(state, confirmed, active, wanted).repair(), true);
        }
    }

    /** Of changes of one place in a row only the last one counts. */
    private static List<Change> collapsed(List<Change> changes) {
        List<Change> kept = new ArrayList<>();
        for (Change change : changes) {
            if (!kept.isEmpty() && kept.getLast().getClass() == change.getClass()) {
                kept.removeLast();
            }
            kept.add(change);
        }
        return kept;
    }

    /** One way, for as long as it is looked for. */
    private static final class Walk {
        private final MemberName me;
        private final Set<MemberName> active;
        private final int wanted;
        private final List<Change> changes = new ArrayList<>();
        private MemberName leader;
        private int quorum;
        private Set<MemberName> voters;
        private int number;
        private Set<MemberName> standbys;
        private int confirmed;

        private Walk(QuorumState state, int confirmed, Set<MemberName> active, int wanted) {
            this.me = state.me();
            this.leader = state.leader();
            this.quorum = state.quorum();
            this.voters = new TreeSet<>(state.voters());
            this.standbys = new TreeSet<>(state.standbys());
            this.number = Math.min(state.number(), standbys.size());
            this.confirmed = confirmed;
            this.active = active;
            this.wanted = wanted;
        }

        private List<Change> repair() {
            int votes = standbys.size() - number + Math.max(number - confirmed, 0);
            Set<MemberName> all = votes > 0 && votes >= standbys.size() ? new TreeSet<>() : standbys;
            return List.of(new Change.Quorum(me, all.isEmpty() ? 0 : votes, all));
        }

        private void run() throws Irregular, Done {
            if (!leader.equals(me)) {
                takeOver();
            } else {
                check();
            }
            if (confirmed == 0 && !both(standbys, active).isEmpty()) {
                confirmed = Math.max(0, Math.min(both(standbys, active).size(), voters.size() - quorum));
            }
            interrupted();
            gone();
            come();
            factor();
        }

        /** A. The register is still the one of the leader before. */
        private void takeOver() throws Irregular, Done {
            Set<MemberName> own = plus(minus(voters, List.of(me)), List.of(leader));
            if (standbys.isEmpty()) {
                sync(own.size() - quorum, own);
            }
            leader = me;
            voters = own;
            check();
            changes.add(new Change.Quorum(me, quorum, own));
            if (both(standbys, active).isEmpty()) {
                // The standbys still follow the leader before: they have a moment to come.
                throw new Done();
            }
        }

        /** B. Somebody has stopped between two changes. */
        private void interrupted() throws Irregular, Done {
            if (!standbys.equals(voters) && voters.containsAll(standbys)) {
                Set<MemberName> kept = both(voters, plus(standbys, active));
                quorum(kept.size() - number, kept, active.containsAll(standbys));
                sync(number, plus(standbys, both(voters, active)));
            } else if (!standbys.equals(voters) && standbys.containsAll(voters)) {
                Set<MemberName> alive = minus(standbys, minus(minus(standbys, voters), active));
                if (!alive.isEmpty()) {
                    sync(Math.min(number, alive.size()), alive);
                }
                Set<MemberName> more = plus(voters, both(minus(standbys, voters), active));
                if (!more.equals(voters)) {
                    quorum(more.size() - number, more, true);
                }
                sync(Math.min(number, both(standbys, voters).size()), both(standbys, voters));
            }
            int all = voters.size();
            if (quorum + Math.min(number, confirmed) > all) {
                if (number > wanted) {
                    sync(Math.max(wanted, all - quorum), standbys);
                } else {
                    quorum(standbys.size() - number, voters, true);
                }
            } else if (quorum + number > all && number == wanted && number > confirmed) {
                quorum(standbys.size() - number, voters, true);
            }
        }

        /** C. Members that stream no more. */
        private void gone() throws Irregular, Done {
            Set<MemberName> gone = minus(standbys, active);
            if (gone.isEmpty()) {
                return;
            }
            if (gone.equals(standbys)) {
                quorum(0, List.of(), false);
                sync(0, List.of());
                return;
            }
            Set<MemberName> first = new TreeSet<>();
            for (MemberName name : ((TreeSet<MemberName>) gone).descendingSet()) {
                if (first.size() < quorum) {
                    first.add(name);
                }
            }
            Set<MemberName> rest = minus(gone, first);
            if (!first.isEmpty()) {
                Set<MemberName> left = minus(standbys, first);
                sync(Math.min(Math.max(wanted, number), left.size()), left);
                Set<MemberName> kept = minus(voters, first);
                quorum(kept.size() - number, kept, rest.isEmpty());
            }
            if (!rest.isEmpty()) {
                Set<MemberName> left = minus(standbys, rest);
                Set<MemberName> kept = minus(voters, rest);
                int fewer = number - rest.size();
                int votes = fewer - Math.min(wanted, left.size());
                quorum(votes == 0 ? 0 : Math.min(votes, kept.size() - 1), kept, false);
                sync(fewer, left);
            }
        }

        /** D. Members that have come to stream. */
        private void come() throws Irregular, Done {
            Set<MemberName> rest = minus(active, standbys);
            if (rest.isEmpty()) {
                return;
            }
            int target = Math.min(wanted, plus(standbys, rest).size());
            if (target > number) {
                Set<MemberName> added = new TreeSet<>();
                for (MemberName name : rest) {
                    if (standbys.isEmpty() || added.size() < target - number) {
                        added.add(name);
                    }
                }
                int more = target - number;
                sync(number + more, plus(standbys, added));
                Set<MemberName> electing = plus(voters, added);
                quorum(electing.size() - target, electing, true);
                rest = minus(rest, added);
            }
            if (!rest.isEmpty()) {
                Set<MemberName> electing = plus(voters, rest);
                quorum(electing.size() - target, electing, target > confirmed);
                sync(target, plus(standbys, rest));
            }
        }

        /** E. Another number of confirmations is wanted. */
        private void factor() throws Irregular, Done {
            int more = Math.min(wanted, standbys.size()) - number;
            if (more > 0) {
                sync(number + more, standbys);
                quorum(voters.size() - number, voters, true);
            } else if (more < 0) {
                if (quorum - more < voters.size()) {
                    quorum(voters.size() - number - more, voters, wanted > confirmed);
                }
                sync(number + more, standbys);
            }
        }

        private void quorum(int votes, Collection<MemberName> electing, boolean careful) throws Irregular, Done {
            int needed = votes;
            Set<MemberName> next = new TreeSet<>(electing);
            if (careful && confirmed == 0 && voters.isEmpty()) {
                needed = 0;
                next.clear();
            } else if (careful) {
                needed += Math.max(number - confirmed, 0);
            }
            if (needed == quorum && next.equals(voters)) {
                if (voters.isEmpty()) {
                    changes.add(new Change.Restart());
                    throw new Done();
                }
                return;
            }
            quorum = needed;
            voters = next;
            check();
            changes.add(new Change.Quorum(leader, quorum, voters));
        }

        private void sync(int count, Collection<MemberName> next) throws Irregular {
            if (count == number && new TreeSet<>(next).equals(standbys)) {
                return;
            }
            number = count;
            standbys = new TreeSet<>(next);
            check();
            changes.add(new Change.Sync(number, standbys));
        }

        private void check() throws Irregular {
            boolean legal = quorum >= 0
                    && (quorum == 0 || quorum < voters.size())
                    && number >= 0
                    && number <= standbys.size()
                    && new QuorumState(me, leader, quorum, voters, number, standbys).isRegular();
            if (!legal) {
                throw new Irregular();
            }
        }
    }
}
