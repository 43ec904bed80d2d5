package io.matriarch.adapters.watchdog;

import com.google.inject.AbstractModule;
import com.google.inject.Module;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.matriarch.ports.plugin.AdapterPlugin;
import io.matriarch.ports.plugin.ConfigSection;
import io.matriarch.ports.process.ProcessMemory;
import io.matriarch.ports.time.Clock;
import io.matriarch.ports.watchdog.Watchdog;
import java.nio.file.Path;
import java.util.Set;

/**
 * What Linux itself offers: its clocks, its watchdog and our own memory. An empty section is a
 * valid one.
 */
public final class WatchdogPlugin implements AdapterPlugin {

    @Override
    public Set<Class<?>> ports() {
        return Set.of(Watchdog.class, Clock.class, ProcessMemory.class);
    }

    @Override
    public String section() {
        return "watchdog";
    }

    @Override
    public Module module(ConfigSection section) {
        return new LinuxModule(WatchdogSettings.read(section, System.getProperty("os.name")));
    }

    private static final class LinuxModule extends AbstractModule {

        private final WatchdogSettings settings;

        LinuxModule(WatchdogSettings settings) {
            this.settings = settings;
        }

        @Provides
        @Singleton
        Clock clock() {
            return new LinuxClock();
        }

        @Provides
        @Singleton
        ProcessMemory memory() {
            return new LinuxMemory(Path.of(System.getProperty("matriarch.home", System.getProperty("java.home"))));
        }

        @Provides
        @Singleton
        Watchdog watchdog() {
            return switch (settings.mode()) {
                case OFF -> new NoWatchdog();
                case AUTOMATIC, REQUIRED -> new LinuxWatchdog(settings);
            };
        }
    }
}
