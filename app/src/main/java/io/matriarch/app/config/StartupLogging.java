package io.matriarch.app.config;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * What logback does before the configuration has been read; found with {@link java.util.ServiceLoader}. Without it the
 * library would look for files of its own, print to standard output at DEBUG, and report on itself.
 */
public final class StartupLogging extends ContextAwareBase implements Configurator {

    static final String APPENDER = "startup";

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        attach(context);
        context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.INFO);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    static void attach(LoggerContext context) {
        LogSetup.Direct appender = new LogSetup.Direct();
        appender.setName(APPENDER);
        appender.setContext(context);
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender);
    }
}
