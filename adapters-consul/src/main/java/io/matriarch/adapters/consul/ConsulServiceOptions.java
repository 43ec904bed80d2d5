package io.matriarch.adapters.consul;

import io.matriarch.ports.plugin.ConfigSection;
import java.util.List;
import java.util.Optional;

/**
 * How a member shows itself in Consul's catalog (configuration §3.6).
 *
 * @param register whether it does
 * @param tags the operator's own, in order
 * @param checkInterval how often Consul asks the REST API, in Consul's notation
 * @param tlsServerName the name that the REST API's certificate is checked for
 */
record ConsulServiceOptions(boolean register, List<String> tags, String checkInterval, Optional<String> tlsServerName) {

    private static final String DEFAULT_INTERVAL = "5s";

    ConsulServiceOptions {
        tags = tags.stream().sorted().toList();
    }

    /** What is wrong with the section is remembered by it. */
    static ConsulServiceOptions from(ConfigSection section) {
        String interval = section.text("service_check_interval").orElse(DEFAULT_INTERVAL);
        if (ConsulSession.parse(interval).isEmpty()) {
            section.problem("service_check_interval", "expected a length of time with its unit, such as 5s");
        }
        return new ConsulServiceOptions(
                section.flag("register_service").orElse(false),
                section.texts("service_tags"),
                interval,
                section.text("service_check_tls_server_name").filter(name -> !name.isBlank()));
    }
}
