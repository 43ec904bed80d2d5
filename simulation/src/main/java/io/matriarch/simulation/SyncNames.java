package io.matriarch.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code synchronous_standby_names} as PostgreSQL reads it.
 *
 * @param any whether any so many of the names confirm, instead of the first ones
 * @param count how many
 * @param names in their order, {@code *} for every standby
 */
record SyncNames(boolean any, int count, List<String> names) {

    static final SyncNames NOBODY = new SyncNames(false, 0, List.of());

    static SyncNames parse(String text) {
        String rest = text.strip();
        if (rest.isEmpty()) {
            return NOBODY;
        }
        boolean any = false;
        String upper = rest.toUpperCase(Locale.ROOT);
        if (upper.startsWith("ANY ") || upper.startsWith("FIRST ")) {
            any = upper.startsWith("ANY ");
            rest = rest.substring(any ? 4 : 6).strip();
        }
        int open = rest.indexOf('(');
        boolean counted = open > 0 && rest.substring(0, open).strip().chars().allMatch(Character::isDigit);
        int count = counted ? Integer.parseInt(rest.substring(0, open).strip()) : 1;
        String list = counted ? rest.substring(open + 1, rest.lastIndexOf(')')) : rest;
        return new SyncNames(any, count, names(list));
    }

    private static List<String> names(String list) {
        List<String> names = new ArrayList<>();
        var name = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < list.length(); i++) {
            char c = list.charAt(i);
            if (c == '"') {
                boolean doubled = quoted && i + 1 < list.length() && list.charAt(i + 1) == '"';
                if (doubled) {
                    name.append(c);
                    i++;
                } else {
                    quoted = !quoted;
                }
            } else if (c == ',' && !quoted) {
                names.add(name.toString());
                name.setLength(0);
            } else if (quoted || !Character.isWhitespace(c)) {
                name.append(c);
            }
        }
        names.add(name.toString());
        return names;
    }

    boolean isNobody() {
        return names.isEmpty();
    }

    /** 1 for the first name and so on, 0 for a standby that is none of them. */
    int priority(String standby) {
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equals("*") || names.get(i).equalsIgnoreCase(standby)) {
                return any ? 1 : i + 1;
            }
        }
        return 0;
    }
}
