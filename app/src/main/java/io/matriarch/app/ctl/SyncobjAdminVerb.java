package io.matriarch.app.ctl;

import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import java.util.List;
import java.util.Optional;

/**
 * {@code syncobj_admin}: the reference's tool with its options and its texts. Unlike it this one tells a script by the
 * exit status what happened, unless {@code -compat-exit} is given.
 */
final class SyncobjAdminVerb implements Verb {

    /** The word the launcher puts before the arguments of {@code syncobj_admin}. */
    static final String NAME = "syncobj-admin";

    private static final String LOST = "connection lost";

    @Override
    public String synopsis() {
        return "-conn HOST:PORT [-pass PASSWORD] (-status | -add HOST:PORT | -remove HOST:PORT | -set_version N)";
    }

    @Override
    public String description() {
        return "The embedded store's administration with syncobj_admin's options";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.of("HOST:PORT", "The node to ask", "-conn"),
                Option.of("PASSWORD", "Password of the store", "-pass"),
                Option.flag("Show the node's status", "-status"),
                Option.of("HOST:PORT", "Add a node to the cluster", "-add"),
                Option.of("HOST:PORT", "Remove a node from the cluster", "-remove"),
                Option.of("N", "Set the version of commands", "-set_version"),
                Option.flag("Exit status 0 whatever happens", "-compat-exit"));
    }

    @Override
    public int maxArguments() {
        return 0;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        boolean done = carryOut(arguments, session);
        return done || arguments.flag("-compat-exit") ? 0 : 1;
    }

    private static boolean carryOut(Arguments arguments, Session session) {
        Console console = session.console();
        Optional<String> node = arguments.text("-conn").filter(RaftConnection::isAddress);
        Optional<String> added = arguments.text("-add");
        Optional<String> removed = arguments.text("-remove");
        Optional<Integer> version = arguments.integer("-set_version");
        boolean status = arguments.flag("-status");
        if (node.isEmpty()) {
            return fail(console, "invalid address to connect");
        }
        if (!status && added.isEmpty() && removed.isEmpty() && version.isEmpty()) {
            return fail(console, "invalid command");
        }
        if (!status && added.isPresent() && !RaftConnection.isAddress(added.get())) {
            return fail(console, "invalid address to command add");
        }
        if (!status && added.isEmpty() && removed.isPresent() && !RaftConnection.isAddress(removed.get())) {
            return fail(console, "invalid address to command remove");
        }
        try (ConsensusAdmin admin = RaftConnection.open(session, node.get(), arguments.text("-pass"))) {
            if (status) {
                RaftStatus.print(console, admin.status(node.get(), RaftConnection.PATIENCE));
                return true;
            }
            if (added.isPresent()) {
                return report(
                        console, "ADD " + added.get(), admin.add(node.get(), added.get(), RaftConnection.PATIENCE));
            }
            if (removed.isPresent()) {
                return report(
                        console,
                        "REMOVE " + removed.get(),
                        admin.remove(node.get(), removed.get(), RaftConnection.PATIENCE));
            }
            admin.status(node.get(), RaftConnection.PATIENCE);
            return setVersion(console, version.orElseThrow());
        } catch (DcsUnavailableException e) {
            session.log("DEBUG", e.getMessage());
            return fail(console, LOST);
        }
    }

    private static boolean setVersion(Console console, int wanted) {
        if (wanted == RaftStatus.CODE_VERSION) {
            console.line("SUCCESS SET_VERSION " + wanted);
            return true;
        }
        String which = wanted > RaftStatus.CODE_VERSION ? "current" : "enabled";
        return fail(
                console,
                "wrong version, " + which + " version is " + RaftStatus.CODE_VERSION + ", requested version is "
                        + wanted);
    }

    private static boolean report(Console console, String command, WriteResult result) {
        return switch (result) {
            case WriteResult.Done _ -> {
                console.line("SUCCESS " + command);
                yield true;
            }
            case WriteResult.Refused _ -> fail(console, "FAIL " + command);
            case WriteResult.Unknown _ -> fail(console, LOST);
        };
    }

    private static boolean fail(Console console, String text) {
        console.line(text);
        return false;
    }
}
