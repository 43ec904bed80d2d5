package io.matriarch.domain.sync;

import io.matriarch.domain.cluster.MemberName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The value of {@code synchronous_standby_names}: whom a commit waits for.
 *
 * @param kind whether it waits, and for which of the names
 * @param number how many of them must confirm a commit; 0 only where it does not wait
 * @param names members, sorted; none with a number above 0 means that no commit is confirmed at all
 */
public record StandbyNames(Kind kind, int number, List<MemberName> names) {

    /** The ways to wait. */
    public enum Kind {
        OFF,
        /** For the first ones. With as many as there are names, for all. */
        PRIORITY,
        /** For any of them. */
        QUORUM
    }

    /**
     * Stands for "nobody yet" where no commit may be acknowledged without a standby. No standby has this name: {@code *},
     * which the reference wrote until 4.1, is satisfied by whatever streams, an archiver for example (W-17).
     */
    public static final MemberName PLACEHOLDER = new MemberName("__patroni_strict_sync_replica_placeholder__");

    /** No commit waits. */
    public static final StandbyNames NONE = new StandbyNames(Kind.OFF, 0, List.of());

    private static final Pattern PLAIN = Pattern.compile("[A-Za-z_][A-Za-z_0-9$]*");
    private static final Pattern TOKEN = Pattern.compile("\\s*(\"(?:[^\"]|\"\")*\"|[(),]|[^\\s(),\"]+)\\s*");

    public StandbyNames {
        names = List.copyOf(new TreeSet<>(names));
    }

    /** All of these must confirm a commit; none of them, no commit waits. */
    public static StandbyNames allOf(Collection<MemberName> names) {
        return names.isEmpty() ? NONE : new StandbyNames(Kind.PRIORITY, names.size(), List.copyOf(names));
    }

    /** Any so many of these must confirm a commit; none of them, no commit waits. */
    public static StandbyNames anyOf(int number, Collection<MemberName> names) {
        return number <= 0 || names.isEmpty() ? NONE : new StandbyNames(Kind.QUORUM, number, List.copyOf(names));
    }

    /** No commit is acknowledged before there is somebody to confirm it. */
    public static StandbyNames nobody(Kind kind) {
        return new StandbyNames(kind, 1, List.of());
    }

    /**
     * Reads the parameter as PostgreSQL does. {@code *} and the placeholder count as no names; what cannot be a member's
     * name is left out.
     */
    public static StandbyNames parse(String text) {
        List<String> tokens = tokens(text);
        if (tokens.isEmpty()) {
            return NONE;
        }
        Kind kind = Kind.PRIORITY;
        int number = 1;
        int open = tokens.indexOf("(");
        if (open > 0) {
            kind = tokens.getFirst().equalsIgnoreCase("any") ? Kind.QUORUM : Kind.PRIORITY;
            number = count(tokens.get(open - 1));
        }
        List<MemberName> names = new ArrayList<>();
        for (String token : tokens.subList(open + 1, tokens.size())) {
            if (token.equals("*")) {
                return new StandbyNames(kind, number, List.of());
            }
            name(token).filter(one -> !one.matchesIgnoringCase(PLACEHOLDER)).ifPresent(names::add);
        }
        return new StandbyNames(kind, number, names);
    }

    private static List<String> tokens(String text) {
        var matcher = TOKEN.matcher(text);
        List<String> tokens = new ArrayList<>();
        while (matcher.find()) {
            tokens.add(matcher.group(1));
        }
        return tokens;
    }

    private static int count(String token) {
        return token.length() <= 9 && token.chars().allMatch(Character::isDigit) ? Integer.parseInt(token) : 1;
    }

    private static Optional<MemberName> name(String token) {
        String bare =
                token.startsWith("\"") ? token.substring(1, token.length() - 1).replace("\"\"", "\"") : token;
        boolean usable = !bare.isBlank() && bare.indexOf('/') < 0 && !"(),".contains(bare);
        return usable ? Optional.of(new MemberName(bare)) : Optional.empty();
    }

    /** The same with the names spelled as the members spell them: PostgreSQL ignores case. */
    public StandbyNames spelledLike(Collection<MemberName> known) {
        return new StandbyNames(
                kind, number, names.stream().map(name -> spelled(name, known)).toList());
    }

    /** A name as one of the known ones spells it, or as it is. */
    public static MemberName spelled(MemberName name, Collection<MemberName> known) {
        return known.contains(name)
                ? name
                : known.stream().filter(name::matchesIgnoringCase).findFirst().orElse(name);
    }

    /** Whether each of the names confirms every commit that is acknowledged. */
    public boolean waitsForAll() {
        return kind != Kind.OFF && number >= names.size();
    }

    /** The value to write. */
    public String text() {
        if (kind == Kind.OFF || number <= 0) {
            return "";
        }
        List<MemberName> listed = names.isEmpty() ? List.of(PLACEHOLDER) : names;
        String all = listed.stream().map(StandbyNames::quoted).collect(Collectors.joining(","));
        if (kind == Kind.QUORUM) {
            return "ANY " + number + " (" + all + ")";
        }
        return listed.size() == 1 && number == 1 ? all : number + " (" + all + ")";
    }

    private static String quoted(MemberName name) {
        String lower = name.value().toLowerCase(Locale.ROOT);
        boolean plain = PLAIN.matcher(name.value()).matches() && !lower.equals("first") && !lower.equals("any");
        return plain ? name.value() : "\"" + name.value().replace("\"", "\"\"") + "\"";
    }
}
