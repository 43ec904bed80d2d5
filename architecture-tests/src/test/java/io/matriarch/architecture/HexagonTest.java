package io.matriarch.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static io.matriarch.architecture.Production.ADAPTERS;
import static io.matriarch.architecture.Production.APP;
import static io.matriarch.architecture.Production.DOMAIN;
import static io.matriarch.architecture.Production.PORTS;
import static io.matriarch.architecture.Production.keeps;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which way dependencies point: domain ← ports ← adapters, app → ports. */
class HexagonTest {

    private static final String JACKSON = "com.fasterxml.jackson..";
    private static final String GUICE = "com.google.inject..";

    @Test
    @DisplayName("the domain depends on a small part of the JDK only")
    void domainStandsAlone() {
        keeps(classes()
                .that()
                .resideInAPackage(DOMAIN)
                .should()
                .onlyDependOnClassesThat(valuesOfTheJdk().or(resideInAnyPackage(DOMAIN)))
                .because(
                        "a decision that does no IO and starts no thread is tested by a table and replayed by a seed"));
    }

    private static DescribedPredicate<JavaClass> valuesOfTheJdk() {
        return describe("are values and collections of the JDK", type -> {
            JavaClass element = type.getBaseComponentType();
            String name = element.getName();
            return switch (element.getPackageName()) {
                case "java.lang" -> !name.startsWith("java.lang.Process") && !name.startsWith("java.lang.Thread");
                case "java.lang.runtime", "java.util", "java.util.function", "java.util.stream", "java.util.regex" ->
                    true;
                default -> element.isPrimitive() || name.startsWith("java.time.");
            };
        });
    }

    @Test
    @DisplayName("ports depend on the domain and the JDK")
    void portsSpeakTheDomainsLanguage() {
        keeps(classes()
                .that()
                .resideInAPackage(PORTS)
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(PORTS, DOMAIN, "java..", GUICE, "")
                        .or(describe(
                                "are primitive",
                                type -> type.getBaseComponentType().isPrimitive())))
                .because("a port in a library's types could be served by that library only"));
    }

    @Test
    @DisplayName("of the ports only ports.plugin knows Guice")
    void onlyThePluginPortKnowsGuice() {
        keeps(noClasses()
                .that()
                .resideInAPackage(PORTS)
                .and()
                .resideOutsideOfPackage("io.matriarch.ports.plugin..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(GUICE)
                .because("the command line and the simulation use the ports without Guice"));
    }

    @Test
    @DisplayName("Guice is seen by plugins, modules and app.wiring")
    void everythingElseIsBuiltByItsConstructor() {
        keeps(noClasses()
                .that()
                .resideOutsideOfPackages("io.matriarch.ports.plugin..", "io.matriarch.app.wiring..")
                .and()
                .haveNameNotMatching(".*(Plugin|Module)(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(GUICE)
                .because("what a constructor builds, a test builds without a container"));
    }

    @Test
    @DisplayName("an adapter knows no other adapter")
    void adaptersAreStrangers() {
        keeps(slices().matching("io.matriarch.adapters.(*)..")
                .should()
                .notDependOnEachOther()
                .because("a process loads the jars of one store only"));
    }

    @Test
    @DisplayName("the application knows no adapter")
    void theApplicationKnowsPortsOnly() {
        keeps(noClasses()
                .that()
                .resideInAPackage(APP)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ADAPTERS)
                .because("plugins are found at run time: a new store touches no existing code"));
    }

    @Test
    @DisplayName("no adapter knows the application")
    void adaptersKnowPortsOnly() {
        keeps(noClasses()
                .that()
                .resideInAPackage(ADAPTERS)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(APP)
                .because("an adapter serves whoever uses the ports: the agent, the command line, the simulation"));
    }

    @ParameterizedTest
    @CsvSource({
        "etcd,     'io.etcd..,io.grpc..,io.netty..,io.vertx..'",
        "raft,     'com.alipay.sofa..,com.lmax.disruptor..'",
        "consul,   'org.kiwiproject..,okhttp3..,retrofit2..'",
        "postgres, 'org.postgresql..'",
    })
    @DisplayName("a client library is seen by its adapter only")
    void librariesStayInTheirAdapter(String adapter, String packages) {
        keeps(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("io.matriarch.adapters." + adapter + "..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(packages.split(","))
                        .because(
                                "types and exceptions of a client are translated at the border, and its jars are not always there"));
    }

    @Test
    @DisplayName("Jackson is seen by app and adapters only")
    void jacksonStaysOutside() {
        keeps(noClasses()
                .that()
                .resideOutsideOfPackages(APP, ADAPTERS)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(JACKSON)
                .because("what is written on a wire is a matter of the border"));
    }
}
