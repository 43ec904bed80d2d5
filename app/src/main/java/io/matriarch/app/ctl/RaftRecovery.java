package io.matriarch.app.ctl;

import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.ConsensusAdmin.NodeCopy;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** {@code raft recover}: shows what is left of a store whose majority is gone, what that costs, asks, and goes on with it. */
final class RaftRecovery {

    private final Session session;
    private final ConsensusAdmin admin;
    private final Duration timeout;

    RaftRecovery(Session session, ConsensusAdmin admin, Duration timeout) {
        this.session = session;
        this.admin = admin;
        this.timeout = timeout;
    }

    int run(String node, List<String> dead, boolean force) throws DcsUnavailableException {
        List<NodeCopy> copies = admin.copies(node, timeout);
        show(node, copies, dead);
        refuse(copies, dead);
        List<NodeCopy> living = copies.stream().filter(NodeCopy::answers).toList();
        NodeCopy best = Collections.max(living);
        List<String> survivors = living.stream()
                .map(NodeCopy::address)
                .filter(address -> !address.equals(best.address()))
                .toList();
        tellLoss(best, copies.size(), living.size(), survivors);
        if (!force
                && !session.console()
                        .confirm("Are the members named as dead gone for good, and is the store to go on like this?")) {
            throw new CtlException("Aborted recovery");
        }
        switch (admin.recover(best.address(), survivors, dead, timeout)) {
            case WriteResult.Done _ ->
                session.console().line("Success: the store goes on with the copy of " + best.address());
            case WriteResult.Refused(var why) -> throw new CtlException("recovery was refused: " + why);
            case WriteResult.Unknown(var why) -> throw new CtlException("recovery is not complete: " + why);
        }
        return 0;
    }

    private void show(String node, List<NodeCopy> copies, List<String> dead) {
        Console console = session.console();
        console.line("Voters of the store as " + node + " knows them:");
        for (NodeCopy copy : copies) {
            String state = !copy.answers()
                    ? dead.contains(copy.address()) ? "named as dead" : "does not answer"
                    : "last entry %d of term %d, committed up to %d%s"
                            .formatted(
                                    copy.lastIndex(),
                                    copy.term(),
                                    copy.commitIndex(),
                                    copy.leader()
                                            .map(leader -> ", follows " + leader)
                                            .orElse(""));
            console.line("  " + copy.address() + "  " + state);
        }
    }

    private static void refuse(List<NodeCopy> copies, List<String> dead) {
        List<String> obstacles = new ArrayList<>();
        for (NodeCopy copy : copies) {
            boolean named = dead.contains(copy.address());
            if (copy.leader().isPresent()) {
                obstacles.add(copy.address() + " follows the leader "
                        + copy.leader().get() + ", so the store needs no recovery");
            } else if (copy.answers() && named) {
                obstacles.add(copy.address() + " is named as dead and answers");
            } else if (!copy.answers() && !named) {
                obstacles.add(
                        copy.address() + " does not answer; if it never comes back, name it: --dead " + copy.address());
            }
        }
        for (String name : dead) {
            if (copies.stream().noneMatch(copy -> copy.address().equals(name))) {
                obstacles.add(name + " is named as dead and is no voter");
            }
        }
        if (!obstacles.isEmpty()) {
            throw new CtlException(String.join("\n", obstacles));
        }
    }

    private void tellLoss(NodeCopy best, int voters, int living, List<String> survivors) {
        Console console = session.console();
        console.line("The store will go on with the copy of " + best.address() + ", its entries up to "
                + best.lastIndex() + "." + (survivors.isEmpty() ? "" : " These join it: " + survivors + "."));
        console.line(
                voters - living > voters / 2
                        ? "What could be lost: writes after that entry that were acknowledged by the dead members alone."
                        : "Nothing that was acknowledged is lost: no majority is without a member that answers.");
        console.line("It gets a new identity, and every lease lasts one ttl from now. Members named as dead are refused"
                + " until their raft.data_dir is empty.");
    }
}
