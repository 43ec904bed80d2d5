package io.matriarch.domain.ha;

import static io.matriarch.domain.ha.Row.row;
import static io.matriarch.domain.ha.Seen.*;

import io.matriarch.domain.cluster.*;
import io.matriarch.domain.ha.Decision.*;
import io.matriarch.domain.postgres.*;
import io.matriarch.domain.rewind.*;
import java.util.*;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Does the data directory belong here? */
class MembershipTest {

    @TestFactory
    Stream<DynamicTest> rows() {
        return Row.tests(
                row(
                        "HA-041 foreign and running: stopped before the agent ends",
                        follower().initialize(new InitializeKey.Done(FOREIGN, new Revision(1))),
                        Reason.STOPPING_FOREIGN,
                        StopServer.class),
                row(
                        "HA-041 foreign and stopped: the agent ends",
                        crashed().initialize(new InitializeKey.Done(FOREIGN, new Revision(1))),
                        Reason.SYSTEM_ID_MISMATCH,
                        Exit.class),
                row(
                        "S-16 foreign with the lock: it goes first",
                        crashed().holding().initialize(new InitializeKey.Done(FOREIGN, new Revision(1))),
                        Reason.SYSTEM_ID_MISMATCH,
                        DisarmWatchdog.class,
                        ReleaseLeaderLock.class,
                        Exit.class),
                row("HA-040 no system identifier: nothing is started", crashed().noControl(), Reason.SYSTEM_ID_INVALID),
                row(
                        "HA-040 S-15 no system identifier: an operator may have the directory made anew",
                        crashed().noControl().ledBy(OTHER).requests(new OperatorRequest.Reinitialize(1, false, false)),
                        Reason.REINITIALIZING,
                        Reply.class,
                        CopyFrom.class),
                row(
                        "HA-040 with the lock: others may lead",
                        crashed().holding().noControl(),
                        Reason.SYSTEM_ID_INVALID_AS_LEADER,
                        DisarmWatchdog.class,
                        ReleaseLeaderLock.class),
                row(
                        "W-11 another member is initializing: its key is not overwritten",
                        crashed().initialize(new InitializeKey.InProgress(new Revision(7))),
                        Reason.WAITING_FOR_LEADER),
                row(
                        "a stopped server joins a scope nobody has initialized",
                        crashed().initialize(new InitializeKey.Absent()),
                        Reason.JOINING_UNINITIALIZED,
                        new WriteInitializeKey(OURS, Revision.ABSENT)));
    }
}
