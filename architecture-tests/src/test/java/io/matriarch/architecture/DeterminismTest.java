package io.matriarch.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static io.matriarch.architecture.Production.DOMAIN;
import static io.matriarch.architecture.Production.keeps;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Equal arguments give equal turns: nothing in the domain knows the time, chance or the order of a hash table. */
class DeterminismTest {

    private static final Set<String> SOURCES_OF_CHANCE = Set.of(
            "java.lang.System",
            "java.lang.Runtime",
            "java.lang.Thread",
            "java.time.Clock",
            "java.util.Random",
            "java.util.SplittableRandom",
            "java.util.UUID",
            "java.util.concurrent.ThreadLocalRandom");

    /** Collections whose order of iteration changes with each JVM, by what makes them. */
    private static final Map<String, Set<String>> UNORDERED = Map.of(
            "java.util.Set", Set.of("of", "copyOf"),
            "java.util.Map", Set.of("of", "copyOf", "ofEntries"),
            "java.util.HashSet", Set.of("<init>", "newHashSet"),
            "java.util.HashMap", Set.of("<init>", "newHashMap"),
            "java.util.IdentityHashMap", Set.of("<init>"),
            "java.util.stream.Collectors", Set.of("toSet", "toUnmodifiableSet", "toUnmodifiableMap"));

    // accessTargetWhere and not callMethodWhere: only the first sees a method reference such as Instant::now.

    @Test
    @DisplayName("the domain asks no clock")
    void noClock() {
        keeps(noClasses()
                .that()
                .resideInAPackage(DOMAIN)
                .should()
                .accessTargetWhere(asksAClock())
                .because("time arrives in the observation, so that a test and the simulation can move it"));
    }

    @Test
    @DisplayName("the domain leaves nothing to chance, threads or the machine")
    void noChance() {
        keeps(noClasses()
                .that()
                .resideInAPackage(DOMAIN)
                .should()
                .accessTargetWhere(target(
                        "a source of chance",
                        target -> SOURCES_OF_CHANCE.contains(target.getOwner().getName())
                                || target.getFullName().startsWith("java.lang.Math.random(")
                                || target.getName().equals("parallelStream")
                                || target.getName().equals("parallel")))
                .because("ties are broken by a total order: two members with one view must come to one result"));
    }

    @Test
    @DisplayName("the domain makes no collection whose order changes from run to run")
    void noUnorderedCollections() {
        keeps(noClasses()
                .that()
                .resideInAPackage(DOMAIN)
                .should()
                .accessTargetWhere(target(
                        "a collection in no order",
                        target -> UNORDERED
                                        .getOrDefault(target.getOwner().getName(), Set.of())
                                        .contains(target.getName())
                                || hashesByDefault(target)))
                .because("a seed replays a run only if every iteration comes in the same order again"));
    }

    /** The short forms of these collectors make a HashMap; the long ones are told which map to make. */
    private static boolean hashesByDefault(AccessTarget target) {
        return target instanceof AccessTarget.CodeUnitAccessTarget unit
                && unit.getOwner().getName().equals("java.util.stream.Collectors")
                && (unit.getName().equals("toMap")
                                && unit.getRawParameterTypes().size() < 4
                        || unit.getName().equals("groupingBy")
                                && unit.getRawParameterTypes().size() < 3);
    }

    @Test
    @DisplayName("a replicated state machine asks no clock")
    void replicatedStateHasNoClock() {
        keeps(noClasses()
                .that()
                .resideInAPackage("io.matriarch.adapters.raft.lease..")
                .should()
                .accessTargetWhere(asksAClock())
                .because("members that apply one log at different times must end in one state: expiry is a command"));
    }

    private static DescribedPredicate<JavaAccess<?>> asksAClock() {
        return target("a clock", target -> {
            String owner = target.getOwner().getName();
            return owner.startsWith("java.time.") && target.getName().equals("now")
                    || owner.equals("java.time.Clock")
                    || owner.equals("io.matriarch.ports.time.Clock")
                    || owner.equals("java.lang.System")
                            && Set.of("nanoTime", "currentTimeMillis").contains(target.getName());
        });
    }

    private interface TargetTest {
        boolean matches(AccessTarget target);
    }

    private static DescribedPredicate<JavaAccess<?>> target(String description, TargetTest test) {
        return describe(description, access -> test.matches(access.getTarget()));
    }
}
