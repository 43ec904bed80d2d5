package io.matriarch.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;

/** The classes the rules are about: those of every module, without tests. Read once for all rules. */
final class Production {

    static final String DOMAIN = "io.matriarch.domain..";
    static final String PORTS = "io.matriarch.ports..";
    static final String ADAPTERS = "io.matriarch.adapters..";
    static final String APP = "io.matriarch.app..";

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.matriarch");

    private Production() {}

    /** Modules are written one after another, so a rule about code that is not there yet is kept, not broken. */
    static void keeps(ArchRule rule) {
        rule.allowEmptyShould(true).check(CLASSES);
    }
}
