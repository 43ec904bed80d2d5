package io.matriarch.simulation.mutation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The simulator notices when a rule is broken. Each seeded bug has the seed that {@code bin/mutations} found; where the
 * program has changed since, the bug may show some seeds later.
 */
@DisplayName("seeded bugs")
class MutationsTest {

    private static final Path ROOT = Path.of("..");
    private static final long LATER = 100;
    private static final int LEAST = 30;

    private static List<FoundSeed> found() {
        try (Stream<String> lines = Files.lines(ROOT.resolve(Main.FOUND))) {
            return FoundSeed.read(lines);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    @DisplayName("every seeded bug still applies to the sources, once, and is in the list of found ones by its name")
    void apply() {
        for (var mutation : Mutations.all()) {
            assertThat(Mutant.sources(mutation, ROOT)).isNotEmpty();
        }
        assertThat(found().stream().map(FoundSeed::name))
                .doesNotHaveDuplicates()
                .isSubsetOf(Mutations.all().stream().map(Mutation::name).toList());
        assertThat(found()).hasSizeGreaterThanOrEqualTo(LEAST);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("found")
    @DisplayName("is noticed, and what is noticed is not there without it")
    void isNoticed(FoundSeed known) {
        var mutation = Mutations.all().stream()
                .filter(one -> one.name().equals(known.name()))
                .findFirst()
                .orElseThrow();
        var mutant = Mutant.of(mutation, ROOT);
        Optional<Long> seed = mutant.run(known.hunt(), known.seed()).isPresent()
                ? Optional.of(known.seed())
                : Stream.iterate(0L, next -> next < LATER, next -> next + 1)
                        .filter(next -> mutant.run(known.hunt(), next).isPresent())
                        .findFirst();
        assertThat(seed)
                .describedAs("no seed up to " + LATER + " notices this any more, look for one with bin/mutations: "
                        + mutation.rule())
                .isPresent();
        assertThat(Mutant.none().run(known.hunt(), seed.orElseThrow()))
                .describedAs("without the seeded bug")
                .isEmpty();
    }
}
