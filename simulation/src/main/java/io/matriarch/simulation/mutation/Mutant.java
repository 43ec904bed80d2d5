package io.matriarch.simulation.mutation;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** The program with a seeded bug: the changed classes, and everything else of it loaded anew around them. */
final class Mutant {

    private static final String OURS = "io.matriarch.";

    /** The simulation stands for it; a run that needed it would not be one in virtual time. */
    private static final String CONSENSUS_LIBRARY = "com.alipay.";

    private final BiFunction<String, Long, Optional<String>> runner;

    private Mutant(Map<String, byte[]> changed) {
        this.runner = runner(new Overlay(changed));
    }

    /** The program as it is. */
    static Mutant none() {
        return new Mutant(Map.of());
    }

    /**
     * Compiles the changed sources against the class path.
     *
     * @throws IllegalStateException if an edit does not apply exactly once, or what comes out does not compile
     */
    static Mutant of(Mutation mutation, Path root) {
        return new Mutant(compile(mutation, sources(mutation, root)));
    }

    /** The rule that this seed breaks. */
    Optional<String> run(Hunt hunt, long seed) {
        return runner.apply(hunt.name(), seed);
    }

    /**
     * The sources with the bug in them.
     *
     * @throws IllegalStateException if an edit does not apply exactly once
     */
    static Map<Source, String> sources(Mutation mutation, Path root) {
        var sources = new LinkedHashMap<Source, String>();
        for (var edit : mutation.edits()) {
            String before = sources.computeIfAbsent(edit.file(), file -> read(file.path(root)));
            Matcher found = pattern(edit.old()).matcher(before);
            long times = found.results().count();
            if (times != 1) {
                throw new IllegalStateException(
                        mutation.name() + ": found " + times + " times in " + edit.file() + ": " + edit.old());
            }
            sources.put(edit.file(), found.reset().replaceFirst(Matcher.quoteReplacement(edit.text())));
        }
        return sources;
    }

    private static Pattern pattern(String snippet) {
        return Pattern.compile(
                Arrays.stream(snippet.strip().split("\\s+")).map(Pattern::quote).collect(Collectors.joining("\\s+")));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, byte[]> compile(Mutation mutation, Map<Source, String> sources) {
        var compiler = ToolProvider.getSystemJavaCompiler();
        var said = new StringWriter();
        var units = sources.entrySet().stream()
                .map(entry -> new SourceText(entry.getKey().className(), entry.getValue()))
                .toList();
        try (var files = new ClassFiles(compiler.getStandardFileManager(null, null, null))) {
            var options = List.of(
                    "-proc:none", "-nowarn", "-implicit:none", "-classpath", System.getProperty("java.class.path"));
            if (!compiler.getTask(said, files, null, options, null, units).call()) {
                throw new IllegalStateException(mutation.name() + " does not compile:\n" + said);
            }
            return files.classes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked")
    private static BiFunction<String, Long, Optional<String>> runner(Overlay loader) {
        try {
            return (BiFunction<String, Long, Optional<String>>) loader.loadClass(SeedRunner.class.getName())
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the mutant cannot be started", e);
        }
    }

    private static final class SourceText extends SimpleJavaFileObject {
        private final String text;

        SourceText(String className, String text) {
            super(URI.create("string:///" + className.replace('.', '/') + Kind.SOURCE.extension), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    private static final class ClassFile extends SimpleJavaFileObject {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        ClassFile(String className) {
            super(URI.create("mem:///" + className.replace('.', '/') + Kind.CLASS.extension), Kind.CLASS);
        }

        @Override
        public OutputStream openOutputStream() {
            return bytes;
        }
    }

    private static final class ClassFiles extends ForwardingJavaFileManager<JavaFileManager> {
        private final Map<String, ClassFile> made = new HashMap<>();

        ClassFiles(JavaFileManager behind) {
            super(behind);
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
            return made.computeIfAbsent(className, ClassFile::new);
        }

        Map<String, byte[]> classes() {
            var classes = new HashMap<String, byte[]>();
            made.forEach((name, file) -> classes.put(name, file.bytes.toByteArray()));
            return classes;
        }
    }

    /** Loads our classes itself, the changed ones first; everybody else's come from the usual place. */
    private static final class Overlay extends ClassLoader {
        private final Map<String, byte[]> changed;

        Overlay(Map<String, byte[]> changed) {
            super(Mutant.class.getClassLoader());
            this.changed = changed;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith(CONSENSUS_LIBRARY)) {
                throw new ClassNotFoundException(name + " has no place in a simulation");
            }
            if (!name.startsWith(OURS)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                var known = findLoadedClass(name);
                return known == null ? define(name) : known;
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            byte[] bytes = changed.getOrDefault(name, new byte[0]);
            if (bytes.length == 0) {
                try (InputStream file = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                    if (file == null) {
                        throw new ClassNotFoundException(name);
                    }
                    bytes = file.readAllBytes();
                } catch (IOException e) {
                    throw new ClassNotFoundException(name, e);
                }
            }
            return defineClass(name, bytes, 0, bytes.length);
        }
    }
}
