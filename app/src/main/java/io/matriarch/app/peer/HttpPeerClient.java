package io.matriarch.app.peer;

import io.matriarch.app.config.AgentConfig;
import io.matriarch.app.config.CtlSettings;
import io.matriarch.app.store.MemberUrls;
import io.matriarch.app.tls.TlsContexts;
import io.matriarch.app.version.Version;
import io.matriarch.domain.cluster.Member;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.domain.failsafe.FailsafeAnswer;
import io.matriarch.domain.failsafe.FailsafeClaim;
import io.matriarch.domain.ha.HandoverAnswer;
import io.matriarch.domain.ha.PeerAnswer;
import io.matriarch.domain.postgres.Lsn;
import io.matriarch.domain.postgres.Timeline;
import io.matriarch.ports.member.PeerClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the other members over HTTP, each on a virtual thread of its own. */
public final class HttpPeerClient implements PeerClient {

    private static final Logger log = LoggerFactory.getLogger(HttpPeerClient.class);

    private final Supplier<AgentConfig> config;
    private final ProcessMark own;
    private Optional<Prepared> prepared = Optional.empty();

    /** What calls are made with, for as long as the settings stay the same. */
    private record Prepared(CtlSettings settings, HttpCall call) {}

    /**
     * @param own what this process answers as: its own address may lead back to it in ways that it cannot know
     */
    public HttpPeerClient(Supplier<AgentConfig> config, ProcessMark own) {
        this.config = config;
        this.own = own;
    }

    @Override
    public boolean isAnotherProcess(Member namesake, Duration patience) {
        try {
            Map<String, String> asked = Map.of(ProcessMark.HEADER, "?");
            HttpCall.Answer answer =
                    call().with(asked).send("GET", sibling(namesake, "/liveness"), Optional.empty(), patience);
            return !own.isIn(answer.headers());
        } catch (IOException | RuntimeException e) {
            log.debug("nobody answers for the name {}: {}", namesake.name(), reason(e));
            return false;
        }
    }

    @Override
    public List<PeerAnswer> poll(List<Member> members, Optional<MemberName> suspect, Duration patience) {
        HttpCall call = call();
        PollRound<PeerAnswer> answers = new PollRound<>(members, suspect, patience, PeerAnswer.Unreachable::new);
        for (Member member : members) {
            Thread.ofVirtual()
                    .name("poll-" + member.name())
                    .start(() -> answers.answered(member.name(), ask(call, member, patience)));
        }
        return answers.await();
    }

    private static PeerAnswer ask(HttpCall call, Member member, Duration patience) {
        if (member.apiUrl().isEmpty()) {
            return new PeerAnswer.Unreachable(member.name(), "it has published no api_url");
        }
        try {
            HttpCall.Answer answer = call.send("GET", member.apiUrl().get(), Optional.empty(), patience);
            if (answer.status() >= 400) {
                return new PeerAnswer.Unreachable(member.name(), "it answered with status " + answer.status());
            }
            return PatroniDocument.read(member.name(), answer.body());
        } catch (IOException | RuntimeException e) {
            // Whatever a stranger's answer does to our reading of it must not leave the round waiting.
            return new PeerAnswer.Unreachable(member.name(), reason(e));
        }
    }

    @Override
    public List<FailsafeAnswer> askFailsafe(List<Member> members, FailsafeClaim claim, Duration patience) {
        HttpCall call = call();
        String question = FailsafeCall.encode(claim);
        PollRound<FailsafeAnswer> answers =
                new PollRound<>(members, Optional.empty(), patience.multipliedBy(2), FailsafeAnswer.Refused::new);
        for (Member member : members) {
            Thread.ofVirtual()
                    .name("failsafe-" + member.name())
                    .start(() -> answers.answered(member.name(), agree(call, member, question, patience)));
        }
        return answers.await();
    }

    /** Silence is worth a second try, an answer is not. */
    private static FailsafeAnswer agree(HttpCall call, Member member, String question, Duration patience) {
        String why = "";
        for (int attempt = 0; attempt < 2; attempt++) {
            try {
                String url = sibling(member, FailsafeCall.PATH);
                return FailsafeCall.decodeAnswer(
                        member.name(), call.send("POST", url, Optional.of(question), patience));
            } catch (IOException | RuntimeException e) {
                why = reason(e);
            }
        }
        return new FailsafeAnswer.Refused(member.name(), why);
    }

    @Override
    public void requestCheckpoint(Member candidate, Duration patience) {
        try {
            HttpCall.Answer answer =
                    call().send("POST", sibling(candidate, HandoverCall.CHECKPOINT_PATH), Optional.of("{}"), patience);
            log.debug("asked {} for a checkpoint: status {}", candidate.name(), answer.status());
        } catch (IOException | RuntimeException e) {
            log.debug("could not ask {} for a checkpoint: {}", candidate.name(), reason(e));
        }
    }

    @Override
    public HandoverAnswer awaitPosition(
            Member candidate, MemberName leader, Timeline timeline, Lsn end, Duration patience) {
        HandoverCall question = new HandoverCall(leader, timeline, end, patience);
        try {
            HttpCall.Answer answer = call().send(
                            "POST",
                            sibling(candidate, HandoverCall.PATH),
                            Optional.of(question.encode()),
                            // Its own answer "not yet" is worth waiting for: it says why.
                            patience.plusMillis(100));
            return HandoverCall.decodeAnswer(answer.status(), answer.body());
        } catch (IOException | RuntimeException e) {
            return new HandoverAnswer.NotReady(reason(e));
        }
    }

    private static String reason(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    /** Another path on the same server. */
    private static String sibling(Member member, String path) throws IOException {
        String url = member.apiUrl().orElseThrow(() -> new IOException("it has published no api_url"));
        MemberUrls.HostPort target =
                MemberUrls.ofApiUrl(url).orElseThrow(() -> new IOException("not the address of an API: " + url));
        return (MemberUrls.isTls(url) ? "https://" : "http://") + target + path;
    }

    private synchronized HttpCall call() {
        CtlSettings settings = config.get().ctl();
        if (prepared.filter(one -> one.settings().equals(settings)).isEmpty()) {
            prepared = Optional.of(new Prepared(settings, prepare(settings)));
        }
        return prepared.get().call();
    }

    private static HttpCall prepare(CtlSettings settings) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("User-Agent", "Patroni/" + Version.PATRONI + " Matriarch");
        settings.authentication().ifPresent(one -> {
            String pair = one.username() + ":" + one.password().reveal();
            headers.put(
                    "Authorization",
                    "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
        });
        return new HttpCall(tls(settings), headers);
    }

    private static Optional<SSLSocketFactory> tls(CtlSettings settings) {
        try {
            Optional<TlsContexts.Identity> identity = settings.certfile()
                    .map(file -> new TlsContexts.Identity(file, settings.keyfile(), settings.keyfilePassword()));
            return Optional.of(TlsContexts.client(identity, settings.cacert()).getSocketFactory());
        } catch (IOException | GeneralSecurityException e) {
            log.error("members with https can't be asked: {}", e.getMessage());
            return Optional.empty();
        }
    }
}
