package io.matriarch.ports.postgres;

/** Takes configuration over. */
public interface PostgresConfigurator {

    /**
     * Makes {@code context} the configuration in force; if the server runs, its files are written and it is reloaded
     * when something differs, or in any case if {@code always} is set.
     */
    ControlResult adopt(PostgresContext context, boolean always);
}
