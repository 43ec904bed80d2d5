package io.matriarch.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.matriarch.domain.settings.SyncSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SimulationTest {

    private static final Duration CHAOS = Duration.ofMinutes(15);

    /** Ways to have no effect are many for these: a change to what is so already, a link that nobody uses meanwhile. */
    private static final double LEAST_SHARE = 0.25;

    @Test
    @DisplayName(
            "SAF-012, SAF-014, SAF-016, SAF-040, SAF-041, SAF-060, SAF-062, S-1, S-2, S-3, S-11, S-12, S-15, S-16, S-17,"
                    + " S-20, S-22, S-23, L-1, L-4, L-5, L-6, L-7: with a guard process, whatever goes wrong")
    void guarded() {
        var scenario = new Scenario(true, CHAOS);
        Report report = seeds(1, Coverage.SEEDS, scenario);
        assertThat(Coverage.missing(report, scenario))
                .describedAs("reasons and kinds of faults that were never reached")
                .isEmpty();
        assertThat(report.promotions()).isGreaterThan(150);
        assertThat(report.handOvers()).isPositive();
        assertThat(report.lost())
                .describedAs("asynchronous failovers lose what nobody had")
                .isPositive();
        assertThat(report.effectiveFaults() / report.hours())
                .describedAs("effective faults an hour")
                .isGreaterThan(6);
        report.injected()
                .forEach((kind, injected) -> assertThat(
                                report.effective().getOrDefault(kind, 0).doubleValue() / injected)
                        .describedAs("share of the faults '%s' that had an effect", kind)
                        .isGreaterThan(LEAST_SHARE));
    }

    @Test
    @DisplayName(
            "SAF-012, SAF-040, SAF-060: the agent's own guard is enough while agents neither crash alone nor stand still")
    void agentOnly() {
        Report report = seeds(10_001, 100, new Scenario(false, CHAOS));
        assertThat(report.promotions()).isGreaterThan(50);
    }

    @Test
    @DisplayName(
            "S-7, SAF-050, NoAcknowledgedCommitLost: no acknowledged commit is lost in priority mode, whatever stands"
                    + " still for however long and with nothing that fences a primary")
    void prioritySynchronous() {
        unfenced(20_001, SyncSettings.Mode.PRIORITY);
    }

    @Test
    @DisplayName(
            "S-7, S-8, SAF-050, NoAcknowledgedCommitLost: no acknowledged commit is lost in quorum mode, whatever stands"
                    + " still for however long and with nothing that fences a primary")
    void quorumSynchronous() {
        unfenced(30_001, SyncSettings.Mode.QUORUM);
    }

    private static void unfenced(long from, SyncSettings.Mode mode) {
        Report report = seeds(from, 60, new Scenario(false, CHAOS).with(mode));
        assertThat(report.acknowledged()).isGreaterThan(10_000);
        assertThat(report.promotions()).isGreaterThan(20);
    }

    @Test
    @DisplayName("one seed gives one run, to the last line")
    void deterministic() {
        List<String> first = trace(7);
        assertThat(first).hasSizeGreaterThan(50).isEqualTo(trace(7)).isNotEqualTo(trace(8));
    }

    private static List<String> trace(long seed) {
        List<String> lines = new ArrayList<>();
        Simulation.run(seed, new Scenario(true, CHAOS), Optional.of(lines::add));
        return lines;
    }

    private static Report seeds(long from, int count, Scenario scenario) {
        return LongStream.range(from, from + count)
                .parallel()
                .mapToObj(seed -> one(seed, scenario))
                .reduce(Report.NONE, Report::plus);
    }

    private static Report one(long seed, Scenario scenario) {
        try {
            return Simulation.run(seed, scenario, false);
        } catch (RuntimeException e) {
            throw new AssertionError("seed " + seed + " of " + scenario + " breaks a rule: " + e.getMessage(), e);
        }
    }
}
