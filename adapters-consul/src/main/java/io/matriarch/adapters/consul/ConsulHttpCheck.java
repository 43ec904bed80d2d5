package io.matriarch.adapters.consul;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import java.util.List;
import java.util.Optional;
import org.kiwiproject.consul.model.agent.Registration;

/**
 * How Consul asks a member's REST API. The client library's own check does not know the name that a certificate is
 * checked for; everything that is empty here is left out of the request.
 */
@JsonInclude(JsonInclude.Include.NON_ABSENT)
@JsonSerialize(as = ConsulHttpCheck.class)
final class ConsulHttpCheck extends Registration.RegCheck {

    private final ConsulServiceEntry entry;

    ConsulHttpCheck(ConsulServiceEntry entry) {
        this.entry = entry;
    }

    @JsonProperty("HTTP")
    @Override
    public Optional<String> getHttp() {
        return Optional.of(entry.check());
    }

    @JsonProperty("Interval")
    @Override
    public Optional<String> getInterval() {
        return Optional.of(entry.checkInterval());
    }

    @JsonProperty("TLSServerName")
    public Optional<String> getTlsServerName() {
        return entry.tlsServerName();
    }

    @JsonProperty("DeregisterCriticalServiceAfter")
    @Override
    public Optional<String> getDeregisterCriticalServiceAfter() {
        return Optional.of(ConsulSession.format(entry.forgetAfter()));
    }

    @Override
    public Optional<String> getId() {
        return Optional.empty();
    }

    @Override
    public Optional<String> getName() {
        return Optional.empty();
    }

    @Override
    public Optional<List<String>> getArgs() {
        return Optional.empty();
    }

    @Override
    public Optional<String> getTtl() {
        return Optional.empty();
    }

    @Override
    public Optional<String> getTcp() {
        return Optional.empty();
    }

    @Override
    public Optional<String> getGrpc() {
        return Optional.empty();
    }

    @Override
    public Optional<Boolean> getGrpcUseTls() {
        return Optional.empty();
    }

    @Override
    public Optional<String> getTimeout() {
        return Optional.empty();
    }

    @Override
    public Optional<String> getNotes() {
        return Optional.empty();
    }

    @Override
    public Optional<Boolean> getTlsSkipVerify() {
        return Optional.empty();
    }

    @Override
    public Optional<String> getStatus() {
        return Optional.empty();
    }

    @Override
    public Optional<Integer> getSuccessBeforePassing() {
        return Optional.empty();
    }

    @Override
    public Optional<Integer> getFailuresBeforeCritical() {
        return Optional.empty();
    }
}
