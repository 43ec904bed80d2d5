package io.matriarch.app.acceptance;

import io.matriarch.ports.testing.ServerProcess;
import java.util.List;
import java.util.stream.IntStream;

/** Where the members of a cluster live. Members are counted from 0. */
interface Network extends AutoCloseable {

    /** The ports of one member. */
    record Ports(int postgres, int rest, int raft) {}

    /** A thread's stay with a member's network; ends where it began. */
    interface Stay extends AutoCloseable {
        @Override
        void close();
    }

    String address(int member);

    /** What servers of the member listen on. */
    String listen(int member);

    Ports ports(int member);

    /** The command, run where the member lives. Its pid is that of the started process. */
    List<String> command(int member, List<String> command);

    /** The command, run where clients live. */
    List<String> clientCommand(List<String> command);

    /** The calling thread, and those it starts, see the network as the member does. */
    Stay enter(int member);

    /** The calling thread, and those it starts, see the network as clients do. */
    Stay enterClient();

    @Override
    void close();

    /** All on the loopback interface, told apart by their ports. */
    static Network loopback(int members) {
        List<Integer> free = ServerProcess.freePorts(3 * members);
        List<Ports> ports = IntStream.range(0, members)
                .mapToObj(i -> new Ports(free.get(3 * i), free.get(3 * i + 1), free.get(3 * i + 2)))
                .toList();
        return new Network() {
            @Override
            public String address(int member) {
                return "127.0.0.1";
            }

            @Override
            public String listen(int member) {
                return "127.0.0.1";
            }

            @Override
            public Ports ports(int member) {
                return ports.get(member);
            }

            @Override
            public List<String> command(int member, List<String> command) {
                return command;
            }

            @Override
            public List<String> clientCommand(List<String> command) {
                return command;
            }

            @Override
            public Stay enter(int member) {
                return () -> {};
            }

            @Override
            public Stay enterClient() {
                return () -> {};
            }

            @Override
            public void close() {
                // Ports need no cleaning.
            }
        };
    }
}
