package io.matriarch.adapters.raft;

import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.testing.DcsContract;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("DCS-067 DCS-068 DCS-070 the embedded store for members that do not vote")
class RaftRemoteDcsTest extends DcsContract {

    @TempDir
    static Path directory;

    private static TestGroup group;

    @BeforeAll
    static void startGroup() {
        group = new TestGroup(directory, 3, Duration.ofSeconds(5)).startAll();
    }

    @AfterAll
    static void stopGroup() {
        group.close();
    }

    @Override
    protected Dcs open(MemberName member, String scope) {
        var section = MapSection.of(Map.of(
                "partner_addrs", group.addresses.stream().map(Object::toString).toList()));
        return new RaftProvider().client(section, group.context(member.value(), scope, TestGroup.timing(ttl())));
    }

    @Override
    protected Duration ttl() {
        return Duration.ofSeconds(2);
    }
}
