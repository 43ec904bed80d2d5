package io.matriarch.app.ctl;

import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code raft}: administration of the embedded store. */
final class RaftVerb implements Verb {

    private static final List<String> COMMANDS =
            List.of("status", "add", "remove", "transfer-leader", "snapshot", "get");

    @Override
    public String synopsis() {
        return "[OPTIONS] {" + String.join("|", COMMANDS) + "} [HOST:PORT|KEY]";
    }

    @Override
    public String description() {
        return "Administer the embedded Raft store";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.of("HOST:PORT", "The node to ask, by default raft.self_addr", "--conn"),
                Option.of("TEXT", "Password of the store, by default raft.password", "--pass"),
                Option.of("FLOAT", "Seconds to wait for an answer, by default 10", "--timeout"));
    }

    @Override
    public int maxArguments() {
        return 2;
    }

    @Override
    public int run(Arguments arguments, Session session) {
        String command = arguments
                .word(0)
                .orElseThrow(() -> UsageException.missingArgument("{" + String.join("|", COMMANDS) + "}"));
        if (!COMMANDS.contains(command)) {
            throw new UsageException("No such command '" + command + "'.");
        }
        boolean wantsObject = !command.equals("status") && !command.equals("snapshot");
        String object = wantsObject
                ? arguments
                        .word(1)
                        .orElseThrow(() -> UsageException.missingArgument(command.equals("get") ? "KEY" : "HOST:PORT"))
                : "";
        if (wantsObject && !command.equals("get") && !RaftConnection.isAddress(object)) {
            throw new CtlException("not an address with host and port: " + object);
        }
        String node = node(arguments, session);
        Duration timeout = timeout(arguments);
        try (ConsensusAdmin admin = RaftConnection.open(session, node, arguments.text("--pass"))) {
            switch (command) {
                case "status" -> RaftStatus.print(session.console(), admin.status(node, timeout));
                case "add" -> report(session, command, object, admin.add(node, object, timeout));
                case "remove" -> report(session, command, object, admin.remove(node, object, timeout));
                case "transfer-leader" ->
                    report(session, command, object, admin.transferLeadership(node, object, timeout));
                case "snapshot" -> report(session, command, node, admin.snapshot(node, timeout));
                default -> {
                    Optional<String> value = admin.get(object, timeout);
                    session.console().line(value.orElseThrow(() -> new CtlException("there is no key " + object)));
                }
            }
        } catch (DcsUnavailableException e) {
            throw new CtlException(e.getMessage(), e);
        }
        return 0;
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

    private static Duration timeout(Arguments arguments) {
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
                .orElse(RaftConnection.PATIENCE);
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
