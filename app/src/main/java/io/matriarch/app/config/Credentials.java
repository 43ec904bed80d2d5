package io.matriarch.app.config;

import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.plugin.Secret;
import java.util.Optional;

/** A user and what proves it. */
public record Credentials(String username, Secret password) {

    /** Reads {@code username} and {@code password}; one without the other is a problem. */
    static Optional<Credentials> read(ConfigSection section) {
        Optional<String> username = section.text("username");
        Optional<Secret> password = section.secret("password");
        if (username.isPresent() != password.isPresent()) {
            section.problem(username.isPresent() ? "password" : "username", "is not defined.");
            return Optional.empty();
        }
        return username.map(name -> new Credentials(name, password.orElseThrow()));
    }
}
