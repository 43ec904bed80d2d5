package io.matriarch.simulation;

import io.matriarch.app.loop.FailsafePromises;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.failsafe.FailsafeAnswer;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.ha.HandoverAnswer;
import io.matriarch.domain.ha.PeerAnswer;
import io.matriarch.domain.ha.Promise;
import io.matriarch.domain.ha.Successor;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.domain.postgres.WalReceiver;
import io.matriarch.ports.member.PeerClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Asks the other agents, as over REST. */
final class SimPeers implements PeerClient {

    private final Simulation simulation;
    private final World world;
    private final SimHost host;

    SimPeers(Simulation simulation, SimHost host) {
        this.simulation = simulation;
        this.world = simulation.world();
        this.host = host;
    }

    @Override
    public List<PeerAnswer> poll(List<Member> members, Optional<MemberName> suspect, Duration patience) {
        world.scheduler.sleep(world.between(1, 20));
        List<PeerAnswer> answers = new ArrayList<>();
        boolean waited = false;
        for (Member member : members) {
            PeerAnswer answer = ask(member.name());
            waited |= answer instanceof PeerAnswer.Unreachable
                    && suspect.filter(member.name()::equals).isEmpty();
            answers.add(answer);
        }
        world.scheduler.sleep(waited ? patience : world.between(1, 20));
        return answers;
    }

    /** Whether a request gets there, is answered, and the answer gets back. */
    private boolean reaches(SimHost other) {
        return world.network.delivers(host.name, other.name)
                && other.agent().filter(SimAgent::answers).isPresent()
                && world.network.delivers(other.name, host.name);
    }

    private PeerAnswer ask(MemberName name) {
        SimHost other = simulation.host(name);
        if (!reaches(other) || !other.server.isUp()) {
            return new PeerAnswer.Unreachable(name, "no answer");
        }
        boolean primary = other.server.isPrimary();
        return new PeerAnswer.Reachable(
                name,
                !primary,
                primary ? Lsn.ZERO : other.server.end(),
                other.server.timeline(),
                other.server.receiver().view() == WalReceiver.STREAMING,
                other.tags,
                false,
                other.agent()
                        .flatMap(SimAgent::view)
                        .<Promise>flatMap(view -> view.state().sync().promise().map(Promise.class::cast))
                        .orElseGet(Promise.None::new));
    }

    /** As over HTTP: all at once, and silence costs two tries. */
    @Override
    public List<FailsafeAnswer> askFailsafe(List<Member> members, FailsafeClaim claim, Duration patience) {
        world.scheduler.sleep(world.between(1, 20));
        simulation.invariants().failsafe().asks(host.name);
        List<FailsafeAnswer> answers = new ArrayList<>();
        for (Member member : members) {
            answers.add(agree(simulation.host(member.name()), claim));
        }
        boolean waited = answers.stream().anyMatch(FailsafeAnswer.Refused.class::isInstance);
        world.scheduler.sleep(waited ? patience.plus(patience) : world.between(1, 20));
        world.onStep.accept(host.name, Step.HAS_ASKED);
        return answers;
    }

    /** A request may have had its effect though its answer does not get back. */
    private FailsafeAnswer agree(SimHost other, FailsafeClaim claim) {
        Optional<SimAgent> agent = other.agent().filter(SimAgent::answers);
        if (agent.isEmpty() || !world.network.delivers(host.name, other.name)) {
            return new FailsafeAnswer.Refused(other.name, "no answer in time");
        }
        FailsafePromises.Answer answer = agent.get().promise(claim);
        if (answer instanceof FailsafePromises.Answer.Accepted) {
            simulation.invariants().failsafe().accepts(other, claim);
        }
        if (!world.network.delivers(other.name, host.name)) {
            return new FailsafeAnswer.Refused(other.name, "no answer in time");
        }
        return switch (answer) {
            case FailsafePromises.Answer.Accepted _ -> new FailsafeAnswer.Accepted(other.name, Optional.empty());
            case FailsafePromises.Answer.Disabled _ -> new FailsafeAnswer.Refused(other.name, "off");
            case FailsafePromises.Answer.RunningAsLeader _ -> new FailsafeAnswer.Refused(other.name, "leads");
            case FailsafePromises.Answer.Overtaken(String why) -> new FailsafeAnswer.Refused(other.name, why);
        };
    }

    @Override
    public boolean isAnotherProcess(Member namesake, Duration patience) {
        return false;
    }

    @Override
    public void requestCheckpoint(Member candidate, Duration patience) {
        world.scheduler.sleep(world.between(1, 20));
    }

    @Override
    public HandoverAnswer awaitPosition(
            Member candidate, MemberName leader, Timeline timeline, Lsn end, Duration patience) {
        long until = world.now() + patience.toNanos();
        SimHost other = simulation.host(candidate.name());
        while (world.now() < until && !world.scheduler.current().interrupted) {
            if (reaches(other)) {
                SimAgent agent = other.agent().orElseThrow();
                switch (Successor.of(agent.look(), other.tags, timeline, end)) {
                    case Successor.Ready(Timeline on, Lsn flushed) -> {
                        if (!reaches(other)) {
                            break;
                        }
                        return agent.offer()
                                .<HandoverAnswer>map(lease -> new HandoverAnswer.Ready(on, flushed, lease))
                                .orElseGet(() -> new HandoverAnswer.NotReady("no lease to offer"));
                    }
                    case Successor.Unfit(String why) -> {
                        return new HandoverAnswer.NotReady(why);
                    }
                    case Successor.Behind _ -> {}
                }
            }
            other.server.awaitChange(Duration.ofMillis(300));
        }
        return new HandoverAnswer.NotReady("not in time");
    }
}
