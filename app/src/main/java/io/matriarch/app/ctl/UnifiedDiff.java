package io.matriarch.app.ctl;

import java.util.ArrayList;
import java.util.List;

/** Two texts' differences as {@code diff -u} prints them, three lines of context around each. */
final class UnifiedDiff {

    private static final int CONTEXT = 3;

    private UnifiedDiff() {}

    /** A line: kept, removed or added. */
    private record Step(char sign, String text) {}

    /** The lines of the diff; none when there is no difference. */
    static List<String> of(List<String> before, List<String> after) {
        List<Step> steps = steps(before, after);
        List<String> out = new ArrayList<>();
        int at = 0;
        int oldLine = 0;
        int newLine = 0;
        while (at < steps.size()) {
            int first = nextChange(steps, at);
            if (first == steps.size()) {
                break;
            }
            int start = Math.max(at, first - CONTEXT);
            oldLine += start - at;
            newLine += start - at;
            int end = endOfHunk(steps, first);
            List<Step> hunk = steps.subList(start, end);
            int olds = (int) hunk.stream().filter(step -> step.sign() != '+').count();
            int news = (int) hunk.stream().filter(step -> step.sign() != '-').count();
            if (out.isEmpty()) {
                out.add("--- ");
                out.add("+++ ");
            }
            out.add("@@ -" + range(oldLine, olds) + " +" + range(newLine, news) + " @@");
            hunk.forEach(step -> out.add(step.sign() + step.text()));
            oldLine += olds;
            newLine += news;
            at = end;
        }
        return out;
    }

    private static int nextChange(List<Step> steps, int from) {
        int at = from;
        while (at < steps.size() && steps.get(at).sign() == ' ') {
            at++;
        }
        return at;
    }

    /** A hunk goes on as long as the next change is near enough for their contexts to meet. */
    private static int endOfHunk(List<Step> steps, int firstChange) {
        int end = firstChange;
        while (true) {
            while (end < steps.size() && steps.get(end).sign() != ' ') {
                end++;
            }
            int next = nextChange(steps, end);
            if (next == steps.size() || next - end > 2 * CONTEXT) {
                return Math.min(steps.size(), end + CONTEXT);
            }
            end = next;
        }
    }

    /** Where a hunk is: line and length, as the format abbreviates them. */
    private static String range(int before, int length) {
        return switch (length) {
            case 0 -> before + ",0";
            case 1 -> String.valueOf(before + 1);
            default -> before + 1 + "," + length;
        };
    }

    /** The shortest way from one to the other: configurations are small enough for the plain table. */
    private static List<Step> steps(List<String> before, List<String> after) {
        int[][] common = new int[before.size() + 1][after.size() + 1];
        for (int i = before.size() - 1; i >= 0; i--) {
            for (int j = after.size() - 1; j >= 0; j--) {
                common[i][j] = before.get(i).equals(after.get(j))
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        List<Step> steps = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < before.size() || j < after.size()) {
            boolean same =
                    i < before.size() && j < after.size() && before.get(i).equals(after.get(j));
            if (same) {
                steps.add(new Step(' ', before.get(i)));
                i++;
                j++;
            } else if (j == after.size() || i < before.size() && common[i + 1][j] >= common[i][j + 1]) {
                steps.add(new Step('-', before.get(i++)));
            } else {
                steps.add(new Step('+', after.get(j++)));
            }
        }
        return steps;
    }
}
