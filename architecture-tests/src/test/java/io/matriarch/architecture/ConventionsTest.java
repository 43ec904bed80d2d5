package io.matriarch.architecture;

import static com.tngtech.archunit.lang.conditions.ArchConditions.be;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.BE_ANNOTATED_WITH_AN_INJECTION_ANNOTATION;
import static com.tngtech.archunit.library.GeneralCodingRules.THROW_GENERIC_EXCEPTIONS;
import static com.tngtech.archunit.library.GeneralCodingRules.USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static io.matriarch.architecture.Production.DOMAIN;
import static io.matriarch.architecture.Production.keeps;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Habits a reader may rely on everywhere. */
class ConventionsTest {

    @Test
    @DisplayName("every decision is a record")
    void decisionsAreData() {
        keeps(classes()
                .that()
                .implement("io.matriarch.domain.ha.Decision")
                .and()
                .areNotInterfaces()
                .should()
                .beRecords()
                .because("decisions are compared by tests and shown to operators"));
    }

    @Test
    @DisplayName("domain types are records and their builders, enums, sealed interfaces or stateless final classes")
    void domainTypesAreValues() {
        keeps(classes()
                .that()
                .resideInAPackage(DOMAIN)
                .and()
                .areNotAnonymousClasses()
                .and()
                // What a class keeps to itself, such as the builder of a record, does not leave the method that uses
                // it.
                .doNotHaveModifier(JavaModifier.PRIVATE)
                .should(be(DescribedPredicate.describe(
                        "records, enums, sealed interfaces or stateless final classes",
                        ConventionsTest::isValueOrFunction)))
                .because("state that is not a value cannot be observed, compared or replayed"));
    }

    /** Changed by whoever has made it, until what it builds is a value. */
    private static boolean isBuilderOfRecord(JavaClass type) {
        return type.getEnclosingClass().filter(JavaClass::isRecord).isPresent()
                && type.getMethods().stream()
                        .anyMatch(method -> method.getName().equals("build")
                                && type.getEnclosingClass()
                                        .filter(method.getRawReturnType()::equals)
                                        .isPresent());
    }

    private static boolean isValueOrFunction(JavaClass type) {
        if (type.isRecord() || type.isEnum() || isBuilderOfRecord(type)) {
            return true;
        }
        if (type.isInterface()) {
            return type.reflect().isSealed();
        }
        return type.getModifiers().contains(JavaModifier.FINAL)
                && type.getAllFields().stream()
                        .allMatch(field -> field.getModifiers().contains(JavaModifier.STATIC)
                                && field.getModifiers().contains(JavaModifier.FINAL));
    }

    @Test
    @DisplayName("nothing writes to System.out or System.err")
    void noStandardStreams() {
        keeps(noClasses()
                .should(ACCESS_STANDARD_STREAMS)
                .because("logs go through slf4j, and the command line has a writer of its own that tests can replace"));
    }

    @Test
    @DisplayName("nothing uses java.util.logging")
    void noJavaUtilLogging() {
        keeps(noClasses().should(USE_JAVA_UTIL_LOGGING).because("one log, in one shape"));
    }

    @Test
    @DisplayName("nothing is injected into fields")
    void noFieldInjection() {
        keeps(ArchRuleDefinition.noFields()
                .should(BE_ANNOTATED_WITH_AN_INJECTION_ANNOTATION)
                .because("a constructor says what an object needs, and makes it final"));
    }

    @Test
    @DisplayName("nothing throws Exception, RuntimeException, Error or Throwable")
    void noGenericExceptions() {
        keeps(noClasses()
                .should(THROW_GENERIC_EXCEPTIONS)
                .because("whoever catches must be able to tell one failure from another"));
    }

    @Test
    @DisplayName("packages depend on each other in one direction")
    void noPackageCycles() {
        keeps(slices().matching("io.matriarch.(**)")
                .should()
                .beFreeOfCycles()
                // Two words of the domain that the whole of it shares; what they name belongs to the cluster.
                .ignoreDependency("io.matriarch.domain.postgres.Upstream$Of", "io.matriarch.domain.cluster.MemberName")
                .ignoreDependency("io.matriarch.domain.postgres.PostgresView", "io.matriarch.domain.cluster.Role")
                .because("two packages that need each other are one concept, or one concept is in the wrong place"));
    }

    @Test
    @DisplayName("a logger is private, final and called log")
    void loggersLookAlike() {
        keeps(fields().that()
                .haveRawType("org.slf4j.Logger")
                .should()
                .bePrivate()
                .andShould()
                .beFinal()
                .andShould()
                .haveName("log")
                .because("one does not have to look it up"));
    }

    @Test
    @DisplayName("nothing is written or read with Java serialization")
    void noJavaSerialization() {
        keeps(noClasses()
                .should()
                .dependOnClassesThat()
                .haveNameMatching("java\\.io\\.Object(Input|Output)(Stream|Filter)?.*")
                .because("whoever reaches the port could have any class on the class path built and run"));
    }
}
