package io.matriarch.app.wiring;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * What a signal of the operating system does.
 *
 * <p>Java has no public way to catch SIGHUP; {@code sun.misc.Signal} of the module {@code jdk.unsupported} is what there
 * is. It is called by reflection because the compiler warns of every mention of it and can't be told not to.
 */
final class Signals {

    private Signals() {}

    /**
     * Runs {@code action} on a thread of its own each time the signal comes.
     *
     * @param name without {@code SIG}, such as {@code TERM}
     */
    static void on(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object ours = Proxy.newProxyInstance(
                    Signals.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            action.run();
                        }
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), ours);
        } catch (ClassNotFoundException
                | NoSuchMethodException
                | InstantiationException
                | IllegalAccessException
                | InvocationTargetException e) {
            throw new IllegalStateException("cannot handle SIG" + name, e);
        }
    }
}
