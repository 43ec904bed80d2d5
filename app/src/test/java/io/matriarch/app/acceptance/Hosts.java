package io.matriarch.app.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * Hosts made of network namespaces by {@code bin/lib/testhosts}: one a member and one more for the clients, so that a
 * member can be cut off. The ports are those of the walk-through.
 */
final class Hosts implements Network {

    private static final Ports PORTS = new Ports(5432, 8008, 5010);
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final String lab;
    private final String net;
    private final int members;
    private final Thread atExit = new Thread(this::destroy, "destroy hosts");

    private Hosts(String lab, String net, int members) {
        this.lab = lab;
        this.net = net;
        this.members = members;
    }

    /** Fails, and says what is missing, where namespaces can't be made. */
    static Hosts create(int members) {
        if (!isRoot()) {
            throw new AssertionError("this scenario cuts hosts off the network: it needs network namespaces, so root");
        }
        removeLeftovers();
        // No other /24 of the machine's is touched: the addresses exist inside the namespaces only.
        String net = "10.213." + ThreadLocalRandom.current().nextInt(1, 255);
        var hosts = new Hosts("macc" + ProcessHandle.current().pid() % 100_000, net, members);
        Runtime.getRuntime().addShutdownHook(hosts.atExit);
        try {
            hosts.testhosts("create", Integer.toString(members + 1));
        } catch (AssertionError e) {
            hosts.close();
            throw new AssertionError("no network namespaces can be made on this machine: " + e.getMessage(), e);
        }
        return hosts;
    }

    static boolean isRoot() {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The member reaches nobody, as if its switch port were dead. */
    void isolate(int member) {
        testhosts("isolate", host(member));
    }

    /** What {@code from} sends to {@code to} is lost. */
    void cut(int from, int to) {
        testhosts("cut", host(from), host(to));
    }

    void heal() {
        testhosts("heal");
    }

    @Override
    public String address(int member) {
        return net + "." + host(member);
    }

    @Override
    public String listen(int member) {
        return "0.0.0.0";
    }

    @Override
    public Ports ports(int member) {
        return PORTS;
    }

    @Override
    public List<String> command(int member, List<String> command) {
        var whole = new ArrayList<>(List.of("ip", "netns", "exec", lab + "-" + host(member)));
        whole.addAll(command);
        return whole;
    }

    @Override
    public List<String> clientCommand(List<String> command) {
        return command(members, command);
    }

    @Override
    public Stay enter(int member) {
        Path namespace = NAMESPACES.resolve(lab + "-" + host(member));
        int before = Namespaces.open("/proc/thread-self/ns/net");
        int there = Namespaces.open(namespace.toString());
        Namespaces.enter(there);
        Namespaces.close(there);
        return () -> {
            Namespaces.enter(before);
            Namespaces.close(before);
        };
    }

    @Override
    public Stay enterClient() {
        return enter(members);
    }

    @Override
    public void close() {
        destroy();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The machine is already going down, and the hook with it.
            return;
        }
    }

    private void destroy() {
        testhosts("destroy");
    }

    private Commands.Result testhosts(String... arguments) {
        return run(lab, net, arguments);
    }

    private static Commands.Result run(String lab, String net, String... arguments) {
        var command = new ArrayList<>(List.of(Project.file("bin/lib/testhosts").toString()));
        command.addAll(List.of(arguments));
        return Commands.run(command, "", Map.of("LAB", lab, "LAB_NET", net), PATIENCE)
                .succeeded();
    }

    private static String host(int member) {
        return Integer.toString(member + 1);
    }

    /** What a run that was killed left behind: its name has the pid of a test run that is gone. */
    private static void removeLeftovers() {
        if (!Files.isDirectory(NAMESPACES)) {
            return;
        }
        try (Stream<Path> entries = Files.list(NAMESPACES)) {
            entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.matches("macc[0-9]+-switch"))
                    .map(name -> name.substring(0, name.indexOf('-')))
                    .filter(name -> !Files.exists(Path.of("/proc", name.substring("macc".length()))))
                    .forEach(name -> run(name, "10.213.255", "destroy"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The system calls: a network namespace belongs to a thread, and the threads it starts inherit it. */
    private static final class Namespaces {

        private static final int CLONE_NEWNET = 0x40000000;
        private static final MethodHandle OPEN =
                find("open", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        private static final MethodHandle SETNS =
                find("setns", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        private static final MethodHandle CLOSE =
                find("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

        static int open(String path) {
            try (Arena arena = Arena.ofConfined()) {
                int descriptor = (int) OPEN.invokeExact(arena.allocateFrom(path), 0);
                return checked(descriptor, "open " + path);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        static void enter(int descriptor) {
            if (Thread.currentThread().isVirtual()) {
                throw new IllegalStateException("a virtual thread has no network namespace of its own");
            }
            try {
                int status = (int) SETNS.invokeExact(descriptor, CLONE_NEWNET);
                checked(status, "setns");
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        static void close(int descriptor) {
            try {
                int status = (int) CLOSE.invokeExact(descriptor);
                checked(status, "close");
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        private static int checked(int result, String call) {
            if (result < 0) {
                throw new IllegalStateException(call + " failed");
            }
            return result;
        }

        private static MethodHandle find(String name, FunctionDescriptor descriptor) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), descriptor);
        }
    }
}
