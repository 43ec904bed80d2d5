package io.matriarch.adapters.consul;

import com.google.common.net.HostAndPort;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.Response;
import org.kiwiproject.consul.ConsulException;
import org.kiwiproject.consul.util.failover.ConsulFailoverInterceptor;

/**
 * Sends each request once (SAF-012), within the time of the attempt it belongs to.
 *
 * <p>OkHttp repeats a request on another connection or address when one breaks, which the client's builder cannot turn
 * off; the place of the failover interceptor is the only one where a request's own settings can be changed.
 */
final class ConsulOnce extends ConsulFailoverInterceptor {

    /** The attempt that the current thread's requests belong to. */
    static final ScopedValue<ConsulAttempt> ATTEMPT = ScopedValue.newInstance();

    private static final Duration CONNECT = Duration.ofSeconds(5);

    ConsulOnce(HostAndPort agent) {
        super(List.of(agent), 1);
    }

    @Override
    public Response intercept(Chain chain) {
        var attempt = ATTEMPT.get();
        attempt.started(chain.call());
        int left = millis(attempt.budget().left());
        try {
            return chain.withRetryOnConnectionFailure(false)
                    .withConnectTimeout(Math.min(left, millis(CONNECT)), TimeUnit.MILLISECONDS)
                    .withWriteTimeout(left, TimeUnit.MILLISECONDS)
                    .withReadTimeout(left, TimeUnit.MILLISECONDS)
                    .proceed(chain.request());
        } catch (IOException e) {
            throw new ConsulException("no answer", e);
        }
    }

    private static int millis(Duration time) {
        // Zero would mean no limit at all.
        return Math.clamp(time.toMillis(), 1, Integer.MAX_VALUE);
    }
}
