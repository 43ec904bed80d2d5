package io.matriarch.app.ctl;

import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** {@code raft}: administration of the embedded store. */
final class RaftVerb implements Verb {

    private static final List<String> COMMANDS =
            List.of("status", "add", "remove", "transfer-leader", "snapshot", "recover");
    /** Long enough for the election of another Raft leader. */
    private static final Duration QUICK = Duration.ofSeconds(3);

    private static final Set<String> WITHOUT_OBJECT = Set.of("status", "snapshot", "recover");

    @Override
    public String synopsis() {
        return "[OPTIONS] {" + everything() + "} [HOST:PORT|KEY] [VALUE]";
    }

    private static String everything() {
        return String.join("|", COMMANDS) + "|" + String.join("|", RaftKeys.COMMANDS);
    }

    @Override
    public String description() {
        return "Administer the embedded Raft store";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.of(
                        "HOST:PORT",
                        "The node to ask, by default the one of raft.self_addr, or for keys any",
                        "--conn"),
                Option.of("TEXT", "Password of the store, by default raft.password", "--pass"),
                Option.list("HOST:PORT", "A voter that never comes back, for recover", "--dead"),
                Option.FORCE,
                Option.of(
                        "FLOAT",
                        "Seconds to wait for an answer, by default 10 for a change of the group, else 3",
                        "--timeout"));
    }

    @Override
    public int maxArguments() {
        return 3;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        String command = arguments.word(0).orElseThrow(() -> UsageException.missingArgument("{" + everything() + "}"));
        if (RaftKeys.COMMANDS.contains(command)) {
            return keys(command, arguments, session);
        }
        if (!COMMANDS.contains(command)) {
            throw new UsageException("No such command '" + command + "'.");
        }
        boolean wantsObject = !WITHOUT_OBJECT.contains(command);
        refuseMore(arguments, wantsObject ? 1 : 0);
        String object =
                wantsObject ? arguments.word(1).orElseThrow(() -> UsageException.missingArgument("HOST:PORT")) : "";
        if (wantsObject && !RaftConnection.isAddress(object)) {
            throw new CtlException("not an address with host and port: " + object);
        }
        String node = node(arguments, session);
        Duration timeout = timeout(arguments, command.equals("status") ? QUICK : RaftConnection.PATIENCE);
        try (ConsensusAdmin admin = RaftConnection.open(session, node, arguments.text("--pass"))) {
            switch (command) {
                case "status" -> {
                    var status = admin.status(node, timeout);
                    RaftStatus.print(session.console(), status);
                    RaftStatus.differences(status).ifPresent(session.console()::warn);
                }
                case "add" -> report(session, command, object, admin.add(node, object, timeout));
                case "remove" -> report(session, command, object, admin.remove(node, object, timeout));
                case "transfer-leader" ->
                    report(session, command, object, admin.transferLeadership(node, object, timeout));
                case "recover" -> {
                    return new RaftRecovery(session, admin, timeout)
                            .run(node, arguments.texts("--dead"), arguments.flag("--force"));
                }
                default -> report(session, command, node, admin.snapshot(node, timeout));
            }
        } catch (DcsUnavailableException e) {
            throw new CtlException(e.getMessage(), e);
        }
        return 0;
    }

    /** A script must be able to tell a store that is not there from a key that is not, whatever is wrong. */
    private static int keys(String command, Arguments arguments, Session session) {
        RaftKeys.require(command, arguments);
        refuseMore(arguments, RaftKeys.most(command));
        Optional<String> node = arguments.text("--conn");
        Duration timeout = timeout(arguments, QUICK);
        try (ConsensusAdmin admin = RaftConnection.toAny(session, node, arguments.text("--pass"))) {
            return new RaftKeys(session, admin, timeout).run(command, arguments);
        } catch (CtlException e) {
            session.console().warn("Error: " + e.getMessage());
            return 2;
        }
    }

    private static void refuseMore(Arguments arguments, int words) {
        List<String> extra = arguments.wordsFrom(1 + words);
        if (!extra.isEmpty()) {
            throw new UsageException("Got unexpected extra argument (" + String.join(" ", extra) + ")");
        }
    }

    private static String node(Arguments arguments, Session session) {
        String node = arguments
                .text("--conn")
                .or(() -> session.config().section("raft").text("self_addr"))
                .or(() -> session.config().section("raft").texts("partner_addrs").stream()
                        .findFirst())
                .orElseThrow(() -> new CtlException("no node to ask: neither --conn nor raft.self_addr is given"));
        if (!RaftConnection.isAddress(node)) {
            throw new CtlException("not an address with host and port: " + node);
        }
        return node;
    }

    private static Duration timeout(Arguments arguments, Duration byDefault) {
        return arguments
                .text("--timeout")
                .map(text -> {
                    try {
                        return Duration.ofMillis((long) (Double.parseDouble(text) * 1000));
                    } catch (NumberFormatException e) {
                        throw new UsageException("Invalid value for '--timeout': '" + text + "' is not a valid float.");
                    }
                })
                .filter(Duration::isPositive)
                .orElse(byDefault);
    }

    private static void report(Session session, String command, String object, WriteResult result) {
        switch (result) {
            case WriteResult.Done _ -> session.console().line("Success: " + command + " " + object);
            case WriteResult.Refused refused ->
                throw new CtlException(command + " " + object + " was refused: " + refused.why());
            case WriteResult.Unknown unknown ->
                throw new CtlException(command + " " + object + " may or may not apply: " + unknown.why());
        }
    }
}
