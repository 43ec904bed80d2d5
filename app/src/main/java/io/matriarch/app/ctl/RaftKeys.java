package io.matriarch.app.ctl;

import io.matriarch.app.config.Json;
import io.matriarch.ports.dcs.ConsensusAdmin;
import io.matriarch.ports.dcs.ConsensusAdmin.RawEntry;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.WriteResult;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The embedded store's keys past the agents. A script tells by the exit status what it is: 1 when the store said no, there
 * being no such key above all, 2 when it said nothing.
 */
final class RaftKeys {

    static final List<String> COMMANDS = List.of("get", "set", "delete", "dump");

    private static final String STANDARD_INPUT = "-";
    private static final int DONE = 0;
    private static final int NO = 1;
    private static final int NOT_AVAILABLE = 2;

    private final Session session;
    private final ConsensusAdmin admin;
    private final Duration timeout;

    RaftKeys(Session session, ConsensusAdmin admin, Duration timeout) {
        this.session = session;
        this.admin = admin;
        this.timeout = timeout;
    }

    /** How many words a command takes after its own; the most of them. */
    static int most(String command) {
        return command.equals("set") ? 2 : 1;
    }

    /** The words a command cannot do without are there. */
    static void require(String command, Arguments arguments) {
        if (!command.equals("dump") && arguments.word(1).isEmpty()) {
            throw UsageException.missingArgument("KEY");
        }
        if (command.equals("set") && arguments.word(2).isEmpty()) {
            throw UsageException.missingArgument("VALUE");
        }
    }

    int run(String command, Arguments arguments) {
        String key = arguments.word(1).orElse("/");
        try {
            return switch (command) {
                case "get" -> get(key);
                case "set" -> report(admin.put(key, value(arguments.word(2).orElseThrow()), timeout));
                case "delete" -> report(admin.delete(key, timeout));
                default -> dump(key);
            };
        } catch (DcsUnavailableException e) {
            return say(NOT_AVAILABLE, e.getMessage());
        }
    }

    private int get(String key) throws DcsUnavailableException {
        var value = admin.get(key, timeout);
        if (value.isEmpty()) {
            return say(NO, "there is no key " + key);
        }
        session.console().line(value.get());
        return DONE;
    }

    private int dump(String prefix) throws DcsUnavailableException {
        for (RawEntry entry : admin.dump(prefix, timeout)) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("key", entry.path());
            line.put("value", entry.value());
            line.put("revision", entry.revision());
            entry.lease().ifPresent(lease -> line.put("lease", lease));
            session.console().line(Json.compact(line));
        }
        return DONE;
    }

    /** One line end at the end of what is piped in is not part of it. */
    private String value(String word) {
        if (!word.equals(STANDARD_INPUT)) {
            return word;
        }
        String all = session.console().readAll();
        return all.endsWith("\n") ? all.substring(0, all.length() - 1) : all;
    }

    private int report(WriteResult result) {
        return switch (result) {
            case WriteResult.Done _ -> DONE;
            case WriteResult.Refused(var why) -> say(NO, why);
            case WriteResult.Unknown(var why) -> say(NOT_AVAILABLE, why);
        };
    }

    private int say(int status, String why) {
        session.console().warn("Error: " + why);
        return status;
    }
}
